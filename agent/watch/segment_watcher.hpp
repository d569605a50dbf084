// A watcher that holds the last known state of every segment and compares new readings with it. Pure: it has no clock,
// no kernel and no socket.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/watch/id_sequence.hpp"
#include "protocol/events.hpp"

namespace shmbus::agent {

// One difference between two readings of a segment, ready to become an event.
struct SegmentChange {
  EventKind kind = EventKind::kCreated;
  SegmentStat stat;  // after the change; for kRemoved the last known state
  Changes changed;   // the fields that differ; none for kCreated and kRemoved
};

// Each comparison returns the differences and takes the new reading as the known state, so no difference is returned
// twice. Three things are not as the kernel shows them:
//  - A marked segment keeps its key here. The kernel sets the key to IPC_PRIVATE when it marks a segment.
//  - An id with another creator, size or key than before was reused: the old segment is returned as removed, the new
//    one as created.
//  - An attachment that came and went between two readings leaves the count as it was. It is concluded
//    from the segment's times and its shm_lpid, and returned as attached and detached. Times are whole
//    seconds, so this finds at most one visit.
//
// One thread.
class SegmentWatcher {
 public:
  // `slots`: the number of slots in the kernel's ids, see id_sequence.hpp.
  explicit SegmentWatcher(ShmId slots = ShmId{1} << 15) : sequence_(slots) {}

  // Draws no more conclusions from a segment's times: for an agent that traces every call.
  void ignore_visits() { concludes_visits_ = false; }

  // Compares a listing of all segments: one that is missing counts as removed. Removed segments come first, because a
  // successor may have their key; then the other differences, for each segment in the order created, set, attached,
  // detached, marked. Segments in `leave_out` stay as known, present or not; with any of them, no unseen ids are
  // determined.
  std::vector<SegmentChange> compare(const std::vector<SegmentStat>& listing,
                                     const std::unordered_set<ShmId>& leave_out = {});

  // Compares one segment; `now` is empty if it is gone.
  std::vector<SegmentChange> compare_one(ShmId shmid, const std::optional<SegmentStat>& now);

  // Returns the ids that the last complete compare() showed to be missing, once; see IdSequence::close().
  std::optional<UnseenIds> take_unseen() { return std::exchange(unseen_, std::nullopt); }

  // Takes note that the agent itself attached the segment for a moment. The next comparison then concludes nothing from
  // its times.
  void touched_by_us(ShmId shmid);

  // Returns the last known state, or null if there is no such segment. Valid until the next comparison.
  [[nodiscard]] const SegmentStat* known(ShmId shmid) const;

  // Returns whether the id belonged to one of the last few hundred segments that were removed.
  [[nodiscard]] bool was_known(ShmId shmid) const;

  // Returns the known, unmarked segment that `key` names; nothing for kPrivateKey, which names none.
  [[nodiscard]] std::optional<ShmId> id_of(Key key) const;

  // The ids of all known segments, ascending. Valid until the next comparison.
  [[nodiscard]] const std::vector<ShmId>& ids() const { return ids_; }

 private:
  struct KnownSegment {
    SegmentStat stat;
    std::uint64_t look = 0;      // the number of the last complete listing that had it
    bool touched_by_us = false;  // since the last comparison
  };

  void compare_present(const SegmentStat& found, std::vector<SegmentChange>& changes);
  // Adds a segment to the indexes below, or takes it out. unname() drops only its key, which names it no longer.
  void enter(const SegmentStat& stat);
  void leave(const SegmentStat& stat);
  void unname(const SegmentStat& stat);

  std::unordered_map<ShmId, KnownSegment> known_;
  std::vector<ShmId> ids_;  // ascending; a new id is mostly the last
  // Unmarked segments only. A key's new segment replaces an old one that is not known to be gone yet.
  std::unordered_map<Key, ShmId> by_key_;
  std::uint64_t look_ = 0;
  bool concludes_visits_ = true;
  IdSequence sequence_;
  std::deque<ShmId> gone_;  // the last removed ids, the oldest first
  std::optional<UnseenIds> unseen_;
};

}  // namespace shmbus::agent
