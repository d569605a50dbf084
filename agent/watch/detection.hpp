// A schedule for finding the changes of other processes: after each traced call, or by periodic scans.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/config/config.hpp"
#include "agent/watch/segment_feed.hpp"

namespace shmbus::agent {

// There are three modes. The configuration chooses among them, as far as the kernel and the agent's rights allow:
//  - "trace": the kernel's tracepoints make a descriptor readable when another process makes a call that can change a
//    segment, and when a process forks, execs or exits. wake() then follows the calls, but not more often than every
//    Config::settle, so a process in a tight loop cannot take all of the agent's time. While a call is in progress, or
//    a process that ended is not detached yet, nothing will signal the end, so following is retried after a pause that
//    doubles each time, up to half a second. Unless scans are turned off, one every few seconds finds the changes that
//    no tracepoint reports.
//  - "scan": all segments are read periodically. After a scan that found a change, the pause is a multiple of the time
//    that the scan took, so scanning takes a small share of the agent's time. After one that found none, the pause
//    doubles. It never exceeds Config::scan_interval.
//  - "off": changes are found only when a request reads the segments.
//
// Decides only when to read; SegmentFeed reads and publishes. The loop calls wake() when the descriptor is readable and
// run_timers() when next() is due. One thread; the caller passes the time, but start() and the measurement of a scan
// read the clock.
class Detection {
 public:
  // Borrows both, which must outlive it.
  Detection(const Config& config, SegmentFeed& feed);

  // Chooses the mode, turns tracing on and schedules the first scan. Call it once, and before the feed takes its
  // baseline, so that no change falls in between. Errors: as SyscallTrace::open(), only if the configuration demands
  // the trace; otherwise it logs why tracing is not available and scans.
  Result<void> start();

  [[nodiscard]] const std::string& mode() const { return mode_; }      // "trace", "scan" or "off"
  [[nodiscard]] const std::string& reason() const { return reason_; }  // why that one, in a sentence
  // The longest pause between two scans; 0: never.
  [[nodiscard]] std::chrono::milliseconds interval() const { return longest_pause_; }

  // A descriptor that is readable when calls were made; -1 if they are not traced. Poll it only while listens(): it
  // stays readable until the calls are followed, which may be scheduled for later.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool listens() const { return descriptor_ >= 0 && !next_follow_; }

  // Takes note that the descriptor is readable. Follows the calls at once, or as soon as Config::settle has passed
  // since the last time.
  void wake(Clock::time_point now);

  // Has a scan made at once, because memory ran out while something was read: see SegmentFeed::doubt().
  void doubt(Clock::time_point now);

  // Follows calls and scans, whichever is due.
  void run_timers(Clock::time_point now);
  // Returns when run_timers() is due next; nothing if never.
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
  std::optional<Clock::time_point> next_follow_;  // calls were made and are not followed yet
  std::optional<Clock::time_point> next_retry_;   // the last follow left something open
  Clock::time_point last_follow_;
  std::chrono::milliseconds patience_{0};  // before the next retry
};

}  // namespace shmbus::agent
