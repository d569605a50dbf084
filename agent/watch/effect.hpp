// The effect of one operation or call on a segment, apart from the changes that others make at the same time. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

// An operation or a traced call reports its own change, and reading the segment shows the state after it. The two
// differ when other processes change the segment in between. With the effect known, the change of one can be published
// with its actor first, and the rest as the changes of others.
struct Effect {
  std::int64_t attached = 0;  // the change in the number of attachments, negative for detached ones
  PermissionChange set = {};  // the fields that IPC_SET changed
  bool removed = false;       // IPC_RMID: gone, or marked while it is attached
};

// Returns the state `before` with `effect` applied. `actual` is the state just read, or nothing if the segment is gone.
// It may include the changes of others, so only the fields that no comparison reports are taken from it: the times and
// shm_lpid. Returns nothing if the segment is gone and the effect explains that, because it ends marked and unattached.
[[nodiscard]] std::optional<SegmentStat> state_after(const Effect& effect, const SegmentStat& before,
                                                     const std::optional<SegmentStat>& actual);

}  // namespace shmbus::agent
