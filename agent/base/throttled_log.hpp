// Throttles log lines that a peer can cause, so that no peer can fill the disk. Lines beyond the limit are counted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/base/clock.hpp"

namespace shmbus::agent {

// A count of lines that were not written. The times of the first and the last mean nothing while the count is 0.
struct Unwritten {
  std::uint64_t count = 0;
  WallTime since;
  WallTime until;

  // Adds lines that came later than those counted so far.
  void add(const Unwritten& more);
};

// Admits a fixed number of lines per minute for each name, such as a peer or a principal. The minute of a name starts
// with its first line after the previous minute, so that only active names take memory. Up to `most_names` names have a
// minute of their own at a time. All names beyond those share one, which bounds the memory.
//
// Not thread-safe. Time comes from the caller.
class Throttle {
 public:
  static constexpr std::chrono::minutes kMinute{1};

  // The lines that were not written in one minute. Without a name they belong to the names that shared a minute.
  struct LeftOut {
    std::optional<std::string> name;
    Unwritten lines;
  };

  Throttle(std::size_t most_lines, std::size_t most_names) : most_lines_(most_lines), most_names_(most_names) {}

  // Returns whether this line may be written. If not, the line is counted with `time`. Requires take_ended(now) first,
  // because a minute that is over would otherwise still limit its name.
  [[nodiscard]] bool admit(const std::string& name, Clock::time_point now, WallTime time = {});

  // Drops the minutes that are over. Returns those in which lines were not written, in the order in which they ended.
  // Clock::time_point::max() drops all.
  std::vector<LeftOut> take_ended(Clock::time_point now);

  // Returns when the next minute ends, or nothing if none is running.
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

 private:
  using Name = std::optional<std::string>;
  struct Minute {
    std::size_t written = 0;
    Unwritten left_out;
  };
  struct End {
    Clock::time_point at;
    Name name;
  };

  std::size_t most_lines_;
  std::size_t most_names_;
  std::unordered_map<Name, Minute> minutes_;
  std::deque<End> ends_;  // sorted by time, because all minutes are equally long
};

// Logs rejected connections as warnings, one line per peer and minute. A line ends with the number of rejections since
// the last line that were not logged. Not thread-safe.
class ThrottledLog {
 public:
  // Peers beyond this number share one line per minute.
  static constexpr std::size_t kMostPeers = 1024;

  // Logs the rejection of `peer`, or only counts it. Both texts may hold any bytes: they are cut at 128 and escaped.
  void add_refusal(std::string_view peer, std::string_view reason, Clock::time_point now);

  // Returns the number of rejections so far, logged or not.
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t not_logged_ = 0;  // since the last line
  Throttle throttle_{1, kMostPeers};
};

}  // namespace shmbus::agent
