// Which segments callers made through the agent, for their quotas. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "protocol/segment.hpp"

namespace shmbus::agent {

class QuotaUsage {
 public:
  struct Totals {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
  };

  // `principal` made a segment. What it made in an earlier life of the agent is not known.
  void made(const std::string& principal, const SegmentStat& segment);

  // What `principal` made and is still there; `known` gives a segment's state, null if it is gone. Forgets the gone.
  [[nodiscard]] Totals totals_of(const std::string& principal, const std::function<const SegmentStat*(ShmId)>& known);

 private:
  std::unordered_map<std::string, std::unordered_map<ShmId, SegmentStat>> made_by_;
};

}  // namespace shmbus::agent
