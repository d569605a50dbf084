// How many requests a second each principal may make: a token bucket for each. One thread; time comes from the caller.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "agent/base/clock.hpp"
#include "protocol/error.hpp"

namespace shmbus::agent {

// A bucket holds what one second brings (at least one request's worth), and starts full. A full one says nothing and is
// forgotten.
class RateLimiter {
 public:
  static constexpr std::size_t kMostPrincipals = 4096;

  // `per_second` requests; 0: no limit.
  explicit RateLimiter(double per_second, std::size_t most_principals = kMostPrincipals);

  // Takes one request from the principal's bucket; false, and nothing taken, if there is not as much.
  // One look-up, and no memory is taken for a principal that has a bucket.
  [[nodiscard]] bool take(const std::string& principal, Clock::time_point now) { return take(principal, now, 1, 1); }

  // The same for `more` requests that came in the one that take() has counted. More than a bucket holds need one that
  // was full before that, and leave a debt, so a large batch is let through and then paid for.
  [[nodiscard]] bool take_more(const std::string& principal, Clock::time_point now, std::size_t more) {
    const auto cost = static_cast<double>(more);
    return more == 0 || take(principal, now, cost, std::min(cost, burst_ - 1));
  }

  // What a principal is told that take() refused.
  [[nodiscard]] Error beyond(const std::string& principal) const;

  [[nodiscard]] std::size_t principals() const { return buckets_.size(); }  // that are remembered

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
  std::size_t sweep_at_;  // principals; doubled with them, so that a new one costs the same on average
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace shmbus::agent
