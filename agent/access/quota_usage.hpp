// Keeps track of the segments that callers made through the agent, for their quotas.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// A record of segments by the principal that made them. The kernel does not know principals: a segment that the holder
// of a key made, for example, belongs to the user that it acted as. The record starts empty with the agent, so earlier
// segments count for nobody. Single-threaded.
class QuotaUsage {
 public:
  // The segments that one principal made and that still exist.
  struct Totals {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
  };

  // Records that `principal` made `segment`. It counts until it is gone, whoever owns it later.
  void made(const std::string& principal, const SegmentStat& segment);

  // Returns the totals of `principal`, after it has dropped the segments that are gone. `known` returns the last known
  // state of a segment, or null. An id that the kernel has given to another segment counts as gone.
  [[nodiscard]] Totals totals_of(const std::string& principal, const std::function<const SegmentStat*(ShmId)>& known);

 private:
  std::unordered_map<std::string, std::unordered_map<ShmId, SegmentStat>> made_by_;
};

}  // namespace shmbus::agent
