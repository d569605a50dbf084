// Limits the requests of each principal, by a token bucket for each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "agent/base/clock.hpp"
#include "protocol/error.hpp"

namespace shmbus::agent {

// A bucket has room for the tokens of one second unless told otherwise, but at least for one, and starts full. A
// request takes a token, and tokens return at a constant rate. A full bucket equals a new one, so it can be dropped;
// that and kMostPrincipals bound the memory. Single-threaded; the caller passes the time.
class RateLimiter {
 public:
  static constexpr std::size_t kMostPrincipals = 4096;  // with a bucket; to add another, the fullest is dropped

  // Permits `per_second` requests to each principal; 0 means no limit.
  explicit RateLimiter(double per_second, std::size_t most_principals = kMostPrincipals)
      : RateLimiter(per_second, Burst{std::max(per_second, 1.0)}, most_principals) {}

  // Permits `burst` requests at once, then `per_second`.
  struct Burst {
    double requests;
  };
  RateLimiter(double per_second, Burst burst, std::size_t most_principals = kMostPrincipals);

  // Takes one token from the bucket of `principal`. Returns false and takes nothing if there is less than one. A
  // principal that has a bucket costs one lookup and no memory.
  [[nodiscard]] bool take(const std::string& principal, Clock::time_point now) { return take(principal, now, 1, 1); }

  // Takes `more` tokens for the further requests of a batch, of which take() has counted one. If that is more than a
  // bucket holds, the bucket must have been full before take(), and it goes into debt: a large batch passes, and the
  // principal waits afterwards.
  [[nodiscard]] bool take_more(const std::string& principal, Clock::time_point now, std::size_t more) {
    const auto cost = static_cast<double>(more);
    return more == 0 || take(principal, now, cost, std::min(cost, burst_ - 1));
  }

  // Returns the error for a principal from which take() or take_more() took nothing: kBusy with the rate.
  [[nodiscard]] Error beyond(const std::string& principal) const;

  // Returns the number of principals that have a bucket.
  [[nodiscard]] std::size_t principals() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;  // at `filled`; below 0: a debt
    Clock::time_point filled;
  };

  bool take(const std::string& principal, Clock::time_point now, double cost, double least);
  [[nodiscard]] double tokens_at(const Bucket& bucket, Clock::time_point now) const;
  void make_room(Clock::time_point now);

  double per_second_;
  double burst_;
  std::size_t most_principals_;
  std::size_t sweep_at_;  // buckets before the next sweep of full ones; doubles with them, for a constant average cost
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace shmbus::agent
