#include "agent/watch/effect.hpp"

#include <algorithm>

namespace shmbus::agent {

std::optional<SegmentStat> state_after(const Effect& effect, const SegmentStat& before,
                                       const std::optional<SegmentStat>& actual) {
  SegmentStat after = before;
  after.uid = effect.set.uid.value_or(before.uid);
  after.gid = effect.set.gid.value_or(before.gid);
  after.mode = effect.set.mode.value_or(before.mode);
  after.marked = before.marked || effect.removed;
  const auto attachments = static_cast<std::int64_t>(before.shm_nattch) + effect.attached;
  after.shm_nattch = static_cast<std::uint64_t>(std::max<std::int64_t>(attachments, 0));
  if (!actual) {
    return after.marked && after.shm_nattch == 0 ? std::nullopt : std::optional(after);
  }
  after.shm_atime = actual->shm_atime;
  after.shm_dtime = actual->shm_dtime;
  after.shm_ctime = actual->shm_ctime;
  after.shm_lpid = actual->shm_lpid;
  return after;
}

}  // namespace shmbus::agent
