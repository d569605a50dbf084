#include "agent/watch/segment_watcher.hpp"

namespace shmbus::agent {
namespace {

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

void tell_differences(const SegmentStat& before, const SegmentStat& now, std::vector<SegmentChange>& changes) {
  SegmentChange set{.kind = EventKind::kSet, .stat = now, .changed = {}};
  bool any = note(set.changed.uid, before.uid, now.uid);
  any |= note(set.changed.gid, before.gid, now.gid);
  any |= note(set.changed.mode, before.mode, now.mode);
  any |= note(set.changed.locked, before.locked, now.locked);
  if (any) {
    changes.push_back(set);
  }
  SegmentChange attachments{.kind = now.shm_nattch > before.shm_nattch ? EventKind::kAttached : EventKind::kDetached,
                            .stat = now,
                            .changed = {}};
  if (note(attachments.changed.shm_nattch, before.shm_nattch, now.shm_nattch)) {
    changes.push_back(attachments);
  }
  SegmentChange marked{.kind = EventKind::kMarked, .stat = now, .changed = {}};
  if (note(marked.changed.marked, before.marked, now.marked)) {
    changes.push_back(marked);
  }
}

}  // namespace

std::vector<SegmentChange> SegmentWatcher::compare(const std::vector<SegmentStat>& listing) {
  std::vector<SegmentChange> changes;
  ++look_;
  for (const SegmentStat& found : listing) {
    compare_present(found, changes);
  }
  if (known_.size() != listing.size()) {
    std::vector<SegmentChange> gone;
    std::erase_if(known_, [&](const auto& entry) {
      if (entry.second.look == look_) {
        return false;
      }
      unindex(entry.second.stat);
      tell_removed(entry.second.stat, gone);
      return true;
    });
    changes.insert(changes.begin(), gone.begin(), gone.end());  // a key's old segment goes before its new one comes
  }
  return changes;
}

std::vector<SegmentChange> SegmentWatcher::compare_one(ShmId shmid, const std::optional<SegmentStat>& now) {
  std::vector<SegmentChange> changes;
  if (now) {
    compare_present(*now, changes);
  } else if (const auto found = known_.find(shmid); found != known_.end()) {
    unindex(found->second.stat);
    tell_removed(found->second.stat, changes);
    known_.erase(found);
  }
  return changes;
}

const SegmentStat* SegmentWatcher::known(ShmId shmid) const {
  const auto found = known_.find(shmid);
  return found == known_.end() ? nullptr : &found->second.stat;
}

std::optional<ShmId> SegmentWatcher::id_of(Key key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<const SegmentStat*> SegmentWatcher::all() const {
  std::vector<const SegmentStat*> stats;
  stats.reserve(known_.size());
  for (const auto& [shmid, known] : known_) {
    stats.push_back(&known.stat);
  }
  return stats;
}

void SegmentWatcher::compare_present(const SegmentStat& found, std::vector<SegmentChange>& changes) {
  const auto [entry, is_new] = known_.try_emplace(found.shm_shmid, Known{found, look_});
  Known& known = entry->second;
  known.look = look_;
  if (is_new) {
    index(found);
    tell_created(found, changes);
    return;
  }
  if (is_reused(known.stat, found)) {
    unindex(known.stat);
    index(found);
    tell_removed(known.stat, changes);
    tell_created(found, changes);
    known.stat = found;
    return;
  }
  SegmentStat now = found;
  if (now.marked) {
    unindex(known.stat);
    now.shm_key = known.stat.shm_key;
  }
  tell_differences(known.stat, now, changes);
  known.stat = now;
}

void SegmentWatcher::index(const SegmentStat& stat) {
  if (stat.shm_key != kPrivateKey && !stat.marked) {
    by_key_[stat.shm_key] = stat.shm_shmid;
  }
}

void SegmentWatcher::unindex(const SegmentStat& stat) {
  if (const auto found = by_key_.find(stat.shm_key); found != by_key_.end() && found->second == stat.shm_shmid) {
    by_key_.erase(found);
  }
}

}  // namespace shmbus::agent
