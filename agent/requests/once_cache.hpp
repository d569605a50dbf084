// What `once` remembers: the outcome of each changing request, per principal, for once_lifetime. None is forgotten
// early; what would not fit is refused before it acts. One thread; time comes from the caller.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/base/clock.hpp"
#include "agent/config/limits.hpp"
#include "protocol/codec/replies.hpp"

namespace shmbus::agent {

class OnceCache {
 public:
  // Remembers so much for each principal.
  explicit OnceCache(const Limits& limits, std::size_t most_values = kMaxOnceValues,
                     std::size_t most_bytes = kMaxOnceBytes);

  // The outcome remembered for `once`, or null for a new value that has room for a reply of `most_bytes`.
  // `operation` is the request's fields in one spelling. Errors: kBadRequest if it was another request that had this
  // value, kLimitReached. The pointer is valid until the next call.
  Result<const EncodedOutcome*> find(const std::string& principal, const std::string& once, std::string_view operation,
                                     std::size_t most_bytes, Clock::time_point now);

  void remember(const std::string& principal, const std::string& once, std::string_view operation,
                const EncodedOutcome& outcome, Clock::time_point now);

 private:
  struct Remembered {
    std::string fingerprint;
    EncodedOutcome outcome;
  };
  struct Memory {  // of one principal
    std::unordered_map<std::string, Remembered> by_value;
    std::size_t bytes = 0;
  };
  struct Expiry {
    Clock::time_point when;
    std::string principal;
    std::string once;
  };

  void forget_expired(Clock::time_point now);

  const std::chrono::seconds lifetime_;
  const std::size_t most_values_;
  const std::size_t most_bytes_;
  std::unordered_map<std::string, Memory> memories_;
  std::deque<Expiry> expiries_;  // in the order of time
};

}  // namespace shmbus::agent
