// When to look for what others did: at once, where the kernel tells of calls; else from time to time, and the more
// often the more happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/config/config.hpp"
#include "agent/watch/segment_feed.hpp"

namespace shmbus::agent {

// One thread; time comes from the caller. Borrows the feed.
class Detection {
 public:
  Detection(const Config& config, SegmentFeed& feed);

  // Turns on what the configuration and the kernel allow. Errors: kUnsupported if tracing was insisted on.
  Result<void> start();

  [[nodiscard]] const std::string& mode() const { return mode_; }      // "trace", "scan" or "off"
  [[nodiscard]] const std::string& reason() const { return reason_; }  // one sentence
  // Between two looks at everything, at the most; 0: never.
  [[nodiscard]] std::chrono::milliseconds interval() const { return longest_pause_; }

  // Readable when calls were made, -1 if they are not traced. Not to be polled while a look is due anyway.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool listens() const { return descriptor_ >= 0 && !next_follow_; }

  // The descriptor was readable. Follows at once, or when the last time is `settle` ago.
  void wake(Clock::time_point now);

  void run_timers(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> next() const;

 private:
  void follow(Clock::time_point now);
  void scan(Clock::time_point now);

  const Config& config_;
  SegmentFeed& feed_;
  std::string mode_ = "off";
  std::string reason_;
  int descriptor_ = -1;
  std::chrono::milliseconds longest_pause_{0};
  std::chrono::milliseconds pause_{0};  // until the next scan
  std::optional<Clock::time_point> next_scan_;
  std::optional<Clock::time_point> next_follow_;  // calls were made
  std::optional<Clock::time_point> next_retry_;   // some are not settled
  Clock::time_point last_follow_;
  std::chrono::milliseconds patience_{0};  // before the next retry
};

}  // namespace shmbus::agent
