#include "agent/access/quota_usage.hpp"

namespace shmbus::agent {
namespace {

// Compares more than the id, because the kernel may have given that to another segment.
bool is_same(const SegmentStat& made, const SegmentStat* now) {
  return now != nullptr && now->shm_key == made.shm_key && now->shm_cpid == made.shm_cpid && now->cuid == made.cuid &&
         now->shm_segsz == made.shm_segsz;
}

}  // namespace

void QuotaUsage::made(const std::string& principal, const SegmentStat& segment) {
  made_by_[principal].insert_or_assign(segment.shm_shmid, segment);
}

QuotaUsage::Totals QuotaUsage::totals_of(const std::string& principal,
                                         const std::function<const SegmentStat*(ShmId)>& known) {
  Totals totals;
  const auto found = made_by_.find(principal);
  if (found == made_by_.end()) {
    return totals;
  }
  std::erase_if(found->second, [&](const auto& entry) { return !is_same(entry.second, known(entry.first)); });
  for (const auto& [shmid, segment] : found->second) {
    ++totals.segments;
    totals.bytes += segment.shm_segsz;
  }
  if (found->second.empty()) {
    made_by_.erase(found);
  }
  return totals;
}

}  // namespace shmbus::agent
