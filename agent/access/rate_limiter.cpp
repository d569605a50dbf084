#include "agent/access/rate_limiter.hpp"

#include <algorithm>
#include <chrono>

namespace shmbus::agent {
namespace {

constexpr std::size_t kFirstSweep = 64;  // principals

}  // namespace

RateLimiter::RateLimiter(double per_second, Burst burst, std::size_t most_principals)
    : per_second_(per_second > 0 ? per_second : 0),
      burst_(burst.requests),
      most_principals_(std::max<std::size_t>(most_principals, 1)),
      sweep_at_(std::min(kFirstSweep, most_principals_)) {}

bool RateLimiter::take(const std::string& principal, Clock::time_point now, double cost, double least) {
  if (per_second_ == 0) {
    return true;
  }
  auto found = buckets_.find(principal);
  if (found == buckets_.end()) {
    if (buckets_.size() >= sweep_at_) {
      make_room(now);
    }
    found = buckets_.emplace(principal, Bucket{.tokens = burst_, .filled = now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = tokens_at(bucket, now);
  bucket.filled = std::max(bucket.filled, now);
  if (bucket.tokens < least) {
    return false;
  }
  bucket.tokens -= cost;
  return true;
}

Error RateLimiter::beyond(const std::string& principal) const {
  return {.code = ErrorCode::kBusy,
          .message = principal + " exceeds " + std::to_string(static_cast<std::uint64_t>(per_second_)) +
                     " requests per second",
          .hint = "retry later, or raise the agent's --max-requests-per-second"};
}

double RateLimiter::tokens_at(const Bucket& bucket, Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - bucket.filled;
  return std::min(burst_, bucket.tokens + std::max(passed.count(), 0.0) * per_second_);
}

void RateLimiter::make_room(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return tokens_at(entry.second, now) >= burst_; });
  if (buckets_.size() >= most_principals_) {  // the fullest gains the least from a new bucket
    buckets_.erase(std::max_element(buckets_.begin(), buckets_.end(), [&](const auto& a, const auto& b) {
      return tokens_at(a.second, now) < tokens_at(b.second, now);
    }));
  }
  sweep_at_ = std::clamp(2 * buckets_.size(), std::min(kFirstSweep, most_principals_), most_principals_);
}

}  // namespace shmbus::agent
