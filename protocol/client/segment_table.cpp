#include "protocol/client/segment_table.hpp"

namespace shmbus {
namespace {

// Returns the event's stat, but with the fields of Changes only as far as this event changed them.
SegmentStat state_after(const Event& event, const SegmentStat& before) {
  SegmentStat now = *event.stat;
  const auto step = [](const auto& changed, const auto& old) { return changed ? changed->second : old; };
  now.uid = step(event.changed.uid, before.uid);
  now.gid = step(event.changed.gid, before.gid);
  now.mode = step(event.changed.mode, before.mode);
  now.locked = step(event.changed.locked, before.locked);
  now.marked = step(event.changed.marked, before.marked);
  now.shm_nattch = step(event.changed.shm_nattch, before.shm_nattch);
  return now;
}

}  // namespace

void SegmentTable::reset(const Snapshot& snapshot) {
  segments_.clear();
  for (const SegmentStat& segment : snapshot.segments) {
    segments_.emplace(segment.shm_shmid, segment);
  }
}

void SegmentTable::apply(const Event& event) {
  if (event.kind == EventKind::kRemoved) {
    segments_.erase(event.shm_shmid);
    return;
  }
  if (!event.stat) {  // written, missed
    return;
  }
  const auto before = segments_.find(event.shm_shmid);
  if (event.kind == EventKind::kCreated) {
    SegmentStat& made = segments_[event.shm_shmid] = *event.stat;
    made.marked = false;  // if it is marked, the next event says so
  } else if (before != segments_.end()) {
    before->second = state_after(event, before->second);
  } else {  // removed before its page of the list was read; kRemoved follows
    segments_.emplace(event.shm_shmid, *event.stat);
  }
}

void SegmentTable::apply(const StreamItem& item) {
  if (const auto* event = std::get_if<StreamEvent>(&item)) {
    apply(event->event);
  } else {
    reset(std::get<Resync>(item).snapshot);
  }
}

}  // namespace shmbus
