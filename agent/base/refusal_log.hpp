// Connections that were refused: all are counted, and each peer is logged once a minute.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

namespace shmbus::agent {

// One thread. However many peers are refused, it remembers kMostPeers of them; what is not logged is counted, and the
// next line tells how many those were.
class RefusalLog {
 public:
  static constexpr std::size_t kMostPeers = 1024;
  static constexpr std::chrono::minutes kInterval{1};

  // `peer` and `reason` may hold any bytes; they are cut and escaped.
  void add(std::string_view peer, std::string_view reason, Clock::time_point now);

  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  struct Logged {
    Clock::time_point at;
    std::string peer;
  };

  void forget_before(Clock::time_point time);

  std::uint64_t count_ = 0;
  std::uint64_t not_logged_ = 0;              // since the last line
  std::deque<Logged> lines_;                  // of the last minute, oldest first
  std::set<std::string, std::less<>> peers_;  // the same peers
};

}  // namespace shmbus::agent
