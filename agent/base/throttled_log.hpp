// Lines that others can cause, so many a minute: nobody can fill the disk by them. What is left out is counted.
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

// Lines that were not written, and when the first and the last of them came.
struct Unwritten {
  std::uint64_t count = 0;
  WallTime since;
  WallTime until;

  void add(const Unwritten& more);
};

// Admits so many lines a minute for each name. A name's minute begins with a line after the end of its last minute. Up
// to `most_names` have one of their own at a time; names beyond those share one, so that memory is bounded too.
// One thread; time comes from the caller.
class Throttle {
 public:
  static constexpr std::chrono::minutes kMinute{1};

  // What one minute left out. Without a name: of the names that shared one.
  struct LeftOut {
    std::optional<std::string> name;
    Unwritten lines;
  };

  Throttle(std::size_t most_lines, std::size_t most_names) : most_lines_(most_lines), most_names_(most_names) {}

  // True if this line is to be written; otherwise it is counted, as of `time`. Requires take_ended(now) before.
  [[nodiscard]] bool admit(const std::string& name, Clock::time_point now, WallTime time = {});

  // Forgets the minutes that ended, and returns those that left something out. With Clock::time_point::max(): all.
  std::vector<LeftOut> take_ended(Clock::time_point now);

  // When the next minute ends.
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
  std::deque<End> ends_;  // in order of time, since all are equally long
};

// Logs refused connections: each peer once a minute. A line ends with the number of refusals since the last line that
// were not logged. One thread.
class ThrottledLog {
 public:
  static constexpr std::size_t kMostPeers = 1024;

  // `peer` and `reason` may hold any bytes; they are cut and escaped.
  void add_refusal(std::string_view peer, std::string_view reason, Clock::time_point now);

  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t not_logged_ = 0;  // since the last line
  Throttle throttle_{1, kMostPeers};
};

}  // namespace shmbus::agent
