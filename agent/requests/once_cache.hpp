// A cache of outcomes, so that a client can safely repeat a request whose reply it lost.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/base/clock.hpp"
#include "agent/config/limits.hpp"
#include "protocol/codec/replies.hpp"

namespace shmbus::agent {

// A client marks a changing request with a value of its own (`once`). The first request with that value acts, and its
// outcome is remembered. The same request with the same value then gets that outcome and does not act again. Values
// belong to a principal, so two principals may use the same one.
//
// An outcome is kept for Limits::once_lifetime and never dropped earlier: a client can rely on the full time. A new
// value is therefore denied before its request acts if its outcome might not fit. Each principal has its own bounds and
// cannot displace another's outcomes.
//
// The cache lives in memory, so it is empty after a restart of the agent. One thread; the caller passes the time.
class OnceCache {
 public:
  // `most_values` and `most_bytes` (of encoded outcomes) limit the cache of each principal.
  explicit OnceCache(const Limits& limits, std::size_t most_values = kMaxOnceValues,
                     std::size_t most_bytes = kMaxOnceBytes);

  // Returns the outcome remembered for `once`, valid until the next call, or null if the value is new and an outcome of
  // `most_bytes` has room. `operation` is the request in the one spelling of encode_operation(). Errors: kBadRequest if
  // another request used this value, kLimitReached if there is no room.
  Result<const EncodedOutcome*> find(const std::string& principal, const std::string& once, std::string_view operation,
                                     std::size_t most_bytes, Clock::time_point now);

  // Remembers the outcome of the request for which find() has just returned null, from `now` on.
  void remember(const std::string& principal, const std::string& once, std::string_view operation,
                const EncodedOutcome& outcome, Clock::time_point now);

 private:
  struct Remembered {
    std::string fingerprint;  // of the operation
    EncodedOutcome outcome;
  };
  struct Memory {  // of one principal; never empty
    std::unordered_map<std::string, Remembered> by_value;
    std::size_t bytes = 0;  // of all outcomes in it
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
  std::deque<Expiry> expiries_;  // one for each outcome, the oldest first: all have the same lifetime
};

}  // namespace shmbus::agent
