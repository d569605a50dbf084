#include "agent/access/rate_limiter.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace shmbus::agent {
namespace {

constexpr std::size_t kFirstSweep = 64;  // principals

}  // namespace

RateLimiter::RateLimiter(double per_second, std::size_t most_principals)
    : per_second_(per_second > 0 ? per_second : 0),
      burst_(std::max(per_second_, 1.0)),
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
          .message = principal + " asks more than " + std::to_string(static_cast<std::uint64_t>(per_second_)) +
                     " times a second",
          .hint = "ask again later; --max-requests-per-second of the agent raises it"};
}

double RateLimiter::tokens_at(const Bucket& bucket, Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - bucket.filled;
  return std::min(burst_, bucket.tokens + std::max(passed.count(), 0.0) * per_second_);
}

void RateLimiter::make_room(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return tokens_at(entry.second, now) >= burst_; });
  if (buckets_.size() >= most_principals_) {
    forget_fullest(now);
  }
  sweep_at_ = std::clamp(2 * buckets_.size(), std::min(kFirstSweep, most_principals_), most_principals_);
}

// A quarter of them at a time, so that it is rare. The fullest gain the least by being forgotten.
void RateLimiter::forget_fullest(Clock::time_point now) {
  using Entry = decltype(buckets_)::iterator;
  std::vector<Entry> entries;
  entries.reserve(buckets_.size());
  for (auto entry = buckets_.begin(); entry != buckets_.end(); ++entry) {
    entries.push_back(entry);
  }
  const std::size_t surplus = std::max<std::size_t>(entries.size() - most_principals_ * 3 / 4, 1);
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(surplus);
  std::nth_element(entries.begin(), end - 1, entries.end(), [&](const Entry& left, const Entry& right) {
    return tokens_at(left->second, now) > tokens_at(right->second, now);
  });
  std::for_each(entries.begin(), end, [&](const Entry& entry) { buckets_.erase(entry); });
}

}  // namespace shmbus::agent
