// What one operation or call did to a segment, apart from what others did at the same time. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

struct Effect {
  std::int64_t attached = 0;  // attachments more, or fewer
  PermissionChange set = {};
  bool removed = false;
};

// The segment after `effect`, which was `before`; nothing if it is gone. `actual` is what a look shows now: it may hold
// the changes of others, so only what nobody compares (the times, the last process) is taken from there.
[[nodiscard]] std::optional<SegmentStat> state_after(const Effect& effect, const SegmentStat& before,
                                                     const std::optional<SegmentStat>& actual);

}  // namespace shmbus::agent
