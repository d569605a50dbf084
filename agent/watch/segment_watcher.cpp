#include "agent/watch/segment_watcher.hpp"

#include <algorithm>

namespace shmbus::agent {
namespace {

constexpr std::size_t kMostGone = 256;  // far more than the calls that can end out of order

template <class T>
bool note(Changes::BeforeAfter<T>& change, const T& before, const T& after) {
  if (before == after) {
    return false;
  }
  change.emplace(before, after);
  return true;
}

bool is_reused(const SegmentStat& before, const SegmentStat& now) {
  return before.shm_cpid != now.shm_cpid || before.cuid != now.cuid || before.cgid != now.cgid ||
         before.shm_segsz != now.shm_segsz || (before.shm_key != now.shm_key && !now.marked) ||
         (before.marked && !now.marked);
}

void tell_created(const SegmentStat& stat, std::vector<SegmentChange>& changes) {
  changes.push_back({.kind = EventKind::kCreated, .stat = stat, .changed = {}});
  if (stat.marked) {
    SegmentChange marked{.kind = EventKind::kMarked, .stat = stat, .changed = {}};
    note(marked.changed.marked, false, true);
    changes.push_back(marked);
  }
}

void tell_removed(const SegmentStat& stat, std::vector<SegmentChange>& changes) {
  changes.push_back({.kind = EventKind::kRemoved, .stat = stat, .changed = {}});
}

void tell_attachments(const SegmentStat& now, std::uint64_t before, std::uint64_t after,
                      std::vector<SegmentChange>& changes) {
  SegmentChange change{
      .kind = after > before ? EventKind::kAttached : EventKind::kDetached, .stat = now, .changed = {}};
  if (note(change.changed.shm_nattch, before, after)) {
    changes.push_back(change);
  }
}

// Returns the attachments that came and went in between, as far as the times show: shmat sets atime, shmdt sets dtime,
// and both set lpid.
std::uint64_t visits_between(const SegmentStat& before, const SegmentStat& now) {
  const bool attached = now.shm_atime != before.shm_atime;
  const bool detached = now.shm_dtime != before.shm_dtime;
  if (now.shm_nattch == before.shm_nattch) {
    return attached || detached || now.shm_lpid != before.shm_lpid ? 1 : 0;
  }
  return (now.shm_nattch > before.shm_nattch ? detached : attached) ? 1 : 0;
}

void tell_differences(const SegmentStat& before, const SegmentStat& now, std::uint64_t visits,
                      std::vector<SegmentChange>& changes) {
  SegmentChange set{.kind = EventKind::kSet, .stat = now, .changed = {}};
  bool any = note(set.changed.uid, before.uid, now.uid);
  any |= note(set.changed.gid, before.gid, now.gid);
  any |= note(set.changed.mode, before.mode, now.mode);
  any |= note(set.changed.locked, before.locked, now.locked);
  if (any) {
    changes.push_back(set);
  }
  const std::uint64_t most = std::max(before.shm_nattch, now.shm_nattch) + visits;
  tell_attachments(now, before.shm_nattch, visits > 0 ? most : now.shm_nattch, changes);
  tell_attachments(now, visits > 0 ? most : now.shm_nattch, now.shm_nattch, changes);
  SegmentChange marked{.kind = EventKind::kMarked, .stat = now, .changed = {}};
  if (note(marked.changed.marked, before.marked, now.marked)) {
    changes.push_back(marked);
  }
}

}  // namespace

std::vector<SegmentChange> SegmentWatcher::compare(const std::vector<SegmentStat>& listing,
                                                   const std::unordered_set<ShmId>& leave_out) {
  std::vector<SegmentChange> changes;
  ++look_;
  for (const SegmentStat& found : listing) {
    if (!leave_out.contains(found.shm_shmid)) {
      compare_present(found, changes);
    }
  }
  if (known_.size() != listing.size() || !leave_out.empty()) {
    std::vector<SegmentChange> gone;
    std::erase_if(known_, [&](const auto& entry) {
      if (entry.second.look == look_ || leave_out.contains(entry.first)) {
        return false;
      }
      leave(entry.second.stat);
      tell_removed(entry.second.stat, gone);
      return true;
    });
    changes.insert(changes.begin(), gone.begin(), gone.end());  // a key's old segment goes first
  }
  if (leave_out.empty()) {
    unseen_ = sequence_.close();
  }
  return changes;
}

std::vector<SegmentChange> SegmentWatcher::compare_one(ShmId shmid, const std::optional<SegmentStat>& now) {
  std::vector<SegmentChange> changes;
  if (now) {
    compare_present(*now, changes);
  } else if (const auto found = known_.find(shmid); found != known_.end()) {
    leave(found->second.stat);
    tell_removed(found->second.stat, changes);
    known_.erase(found);
  }
  return changes;
}

void SegmentWatcher::touched_by_us(ShmId shmid) {
  if (const auto found = known_.find(shmid); found != known_.end()) {
    found->second.touched_by_us = true;
  }
}

const SegmentStat* SegmentWatcher::known(ShmId shmid) const {
  const auto found = known_.find(shmid);
  return found == known_.end() ? nullptr : &found->second.stat;
}

bool SegmentWatcher::was_known(ShmId shmid) const {
  return std::find(gone_.begin(), gone_.end(), shmid) != gone_.end();
}

std::optional<ShmId> SegmentWatcher::id_of(Key key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional(found->second);
}

void SegmentWatcher::compare_present(const SegmentStat& found, std::vector<SegmentChange>& changes) {
  const auto entry = known_.find(found.shm_shmid);
  if (entry == known_.end()) {
    known_.emplace(found.shm_shmid, KnownSegment{found, look_});
    enter(found);
    tell_created(found, changes);
    return;
  }
  KnownSegment& known = entry->second;
  known.look = look_;
  const bool times_count = concludes_visits_ && !std::exchange(known.touched_by_us, false);
  if (known.stat == found) {
    return;
  }
  const SegmentStat before = std::exchange(known.stat, found);
  if (is_reused(before, found)) {
    leave(before);
    enter(found);
    tell_removed(before, changes);
    tell_created(found, changes);
    return;
  }
  if (found.marked) {
    unname(before);
    known.stat.shm_key = before.shm_key;
  }
  tell_differences(before, known.stat, times_count ? visits_between(before, found) : 0, changes);
}

void SegmentWatcher::enter(const SegmentStat& stat) {
  sequence_.appeared(stat.shm_shmid);
  ids_.insert(std::lower_bound(ids_.begin(), ids_.end(), stat.shm_shmid), stat.shm_shmid);
  if (stat.shm_key != kPrivateKey && !stat.marked) {
    by_key_[stat.shm_key] = stat.shm_shmid;
  }
}

void SegmentWatcher::leave(const SegmentStat& stat) {
  sequence_.vanished(stat.shm_shmid);
  ids_.erase(std::lower_bound(ids_.begin(), ids_.end(), stat.shm_shmid));
  gone_.push_back(stat.shm_shmid);
  if (gone_.size() > kMostGone) {
    gone_.pop_front();
  }
  unname(stat);
}

void SegmentWatcher::unname(const SegmentStat& stat) {
  if (const auto found = by_key_.find(stat.shm_key); found != by_key_.end() && found->second == stat.shm_shmid) {
    by_key_.erase(found);
  }
}

}  // namespace shmbus::agent
