#include "agent/watch/detection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace shmbus::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSafetyScan{5000};   // while calls are traced
constexpr milliseconds kShortestPause{10};  // between two scans while things change
constexpr milliseconds kMostPatience{512};
constexpr milliseconds kRetryPause{100};  // after a lack of memory
constexpr int kScanShare = 20;            // a scan takes at most about this fraction of the time: 1/20

}  // namespace

Detection::Detection(const Config& config, SegmentFeed& feed) : config_(config), feed_(feed) {}

Result<void> Detection::start() {
  const bool may_trace = config_.detection == DetectionMode::kTrace ||
                         (config_.detection == DetectionMode::kAuto && config_.scan_interval.count() > 0);
  std::string why_no_trace = "calls are not traced because scanning is configured";
  if (may_trace) {
    Result<SyscallTrace> trace = SyscallTrace::open();
    if (trace) {
      auto tracker = std::make_unique<CallTracker>(*std::move(trace));
      descriptor_ = tracker->descriptor();
      feed_.trust(std::move(tracker));
    } else if (config_.detection == DetectionMode::kTrace) {
      return std::move(trace).error();
    } else {
      why_no_trace = "calls are not traced: " + trace.error().message;
      spdlog::warn("{}; {}", why_no_trace, trace.error().hint);
    }
  }
  if (descriptor_ >= 0) {
    mode_ = "trace";
    reason_ = "the kernel's tracepoints report calls at once; a scan finds the changes that they do not report";
  } else if (config_.scan_interval.count() > 0) {
    mode_ = "scan";
    reason_ = "changes by other processes are found by a periodic scan; " + why_no_trace;
  } else {
    reason_ = "scanning is off; changes by other processes are found when a request reads the segments";
  }
  if (config_.scan_interval.count() > 0) {
    longest_pause_ = descriptor_ >= 0 ? std::max(kSafetyScan, config_.scan_interval) : config_.scan_interval;
    pause_ = longest_pause_;
    next_scan_ = Clock::now() + pause_;
  }
  return {};
}

void Detection::wake(Clock::time_point now) {
  patience_ = config_.settle;
  next_follow_ = std::max(now, last_follow_ + config_.settle);
  run_timers(now);
}

void Detection::doubt(Clock::time_point now) {
  feed_.doubt();
  next_scan_ = now + kRetryPause;
}

void Detection::run_timers(Clock::time_point now) {
  const auto is_due = [now](const std::optional<Clock::time_point>& when) { return when && now >= *when; };
  if (is_due(next_follow_) || is_due(next_retry_)) {
    follow(now);
  }
  if (is_due(next_scan_)) {
    scan(now);
  }
}

std::optional<Clock::time_point> Detection::next() const {
  std::optional<Clock::time_point> first = next_follow_;
  for (const auto& when : {next_retry_, next_scan_}) {
    if (when && (!first || *when < *first)) {
      first = when;
    }
  }
  return first;
}

void Detection::follow(Clock::time_point now) {
  last_follow_ = now;
  next_follow_.reset();
  next_retry_.reset();
  if (feed_.follow_calls()) {
    next_retry_ = now + patience_;
    patience_ = std::min(2 * patience_, kMostPatience);
  }
}

// Where something has changed, the next change is likely soon.
void Detection::scan(Clock::time_point now) {
  const bool changed = feed_.look_at_all();
  feed_.forget_the_gone();
  const auto cost = std::chrono::ceil<milliseconds>(Clock::now() - now);
  if (descriptor_ < 0) {
    const milliseconds shortest = std::max(kShortestPause, kScanShare * (cost - milliseconds(1)));
    pause_ = std::min(longest_pause_, changed ? shortest : std::max(2 * pause_, shortest));
  }
  next_scan_ = config_.scan_interval.count() > 0 ? std::optional(now + pause_) : std::nullopt;
}

}  // namespace shmbus::agent
