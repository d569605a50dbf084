// Which denials are written to the audit: so many a minute for each principal; the others are counted, so that nobody
// can fill the disk. One thread; time comes from the caller.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/access/audit_record.hpp"
#include "agent/base/clock.hpp"

namespace shmbus::agent {

// A principal's minute begins with a denial after the end of its last one. kMostPrincipals have their own at a time;
// those beyond share one, so that many users can't fill the disk or the memory either.
class DenialLimit {
 public:
  static constexpr std::size_t kMostWritten = 60;  // a minute
  static constexpr std::chrono::minutes kMinute{1};
  static constexpr std::size_t kMostPrincipals = 256;

  // What one minute left out. Without a principal: of those that shared one.
  struct LeftOut {
    std::optional<std::string> principal;
    Unwritten denials;
  };

  // True if this denial is to be written; else it is counted. Requires take_ended(now) before.
  [[nodiscard]] bool admit(const std::string& principal, Clock::time_point now, WallTime time);

  // The minutes that ended and left something out, and forgets them. With Clock::time_point::max(): all.
  [[nodiscard]] std::vector<LeftOut> take_ended(Clock::time_point now);

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

  std::unordered_map<Name, Minute> minutes_;
  std::deque<End> ends_;  // in order of time, since all are equally long
};

}  // namespace shmbus::agent
