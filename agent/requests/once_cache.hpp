// A cache of outcomes, so that a client can safely repeat a request whose reply it lost.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "agent/base/clock.hpp"
#include "agent/config/limits.hpp"
#include "protocol/codec/replies.hpp"

namespace shmbus::agent {

// A client marks a changing request with a value of its own (`once`). The first request with that value acts, and its
// outcome is remembered. The same request with the same value then gets that outcome and does not act again. Values
// belong to a principal, so two principals may use the same one.
//
// begin() takes all the memory that remembering needs, so that a request which has acted is always remembered. From
// then until remember() or forget(), the request is being carried out.
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

  // Returns the outcome remembered for `once`, valid until the next call. If the value is new, takes memory for an
  // outcome of `most_bytes` and returns null: the caller carries out the request. `operation` is the request in the one
  // spelling of encode_operation(). Errors: kBadRequest if another request used this value, kBusy if the request is
  // being carried out, kLimitReached if there is no room. Throws std::bad_alloc and changes nothing.
  Result<const EncodedOutcome*> begin(const std::string& principal, const std::string& once, std::string_view operation,
                                      std::size_t most_bytes, Clock::time_point now);

  // Remembers, from `now` on, the outcome of a request that began, and returns it as it was encoded; valid until the
  // next call. Allocates nothing if the outcome is no larger than begin() was told.
  const EncodedOutcome& remember(const std::string& principal, const std::string& once,
                                 const std::variant<OperationResult, Error>& outcome, Clock::time_point now);

  // Forgets a request that began and was not carried out. Ignores any other value.
  void forget(const std::string& principal, const std::string& once);

 private:
  struct Expiry {
    Clock::time_point when;
    std::string principal;
    std::string once;
  };
  using Expiries = std::list<Expiry>;

  struct Remembered {
    std::string fingerprint;  // of the operation
    EncodedOutcome outcome;
    std::size_t bytes = 0;  // taken by the outcome, or reserved for it
    Expiries expiry;        // its own, while the request is being carried out; then it is in expiries_
  };
  struct Memory {  // of one principal; never empty
    std::unordered_map<std::string, Remembered> by_value;
    std::size_t bytes = 0;  // of all outcomes in it
  };

  void forget_expired(Clock::time_point now);
  void erase(const std::string& principal, const std::string& once);

  const std::chrono::seconds lifetime_;
  const std::size_t most_values_;
  const std::size_t most_bytes_;
  std::unordered_map<std::string, Memory> memories_;
  Expiries expiries_;  // one for each outcome, the oldest first: all have the same lifetime
};

}  // namespace shmbus::agent
