// Two looks at the segments, compared: what changed in between. Pure: no clock, no kernel, no socket.
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

// One difference between two looks, ready to become an event.
struct SegmentChange {
  EventKind kind = EventKind::kCreated;
  SegmentStat stat;  // after it; the last known for removed
  Changes changed;
};

// Remembers the last look. A segment that was marked keeps the key it had, which the kernel forgets. An id whose
// creator, size or key is another than before was reused: the old segment is told as removed, the new one as created.
class SegmentWatcher {
 public:
  // `slots`: how the kernel makes ids, see id_sequence.hpp.
  explicit SegmentWatcher(ShmId slots = ShmId{1} << 15) : sequence_(slots) {}

  // Whether an attach and a detach that cancel out are concluded from the segment's times. Turned off where each call
  // is told.
  void conclude_visits(bool conclude) { concludes_visits_ = conclude; }

  // Takes a whole listing as the state, and tells what differs: set, attached or detached, marked for each segment.
  // Segments in `leave_out` are not judged.
  std::vector<SegmentChange> compare(const std::vector<SegmentStat>& listing,
                                     const std::unordered_set<ShmId>& leave_out = {});

  // The same for one segment; `now` is empty where it is gone.
  std::vector<SegmentChange> compare_one(ShmId shmid, const std::optional<SegmentStat>& now);

  // What the last compare() of a whole listing showed to be missing, once.
  std::optional<UnseenIds> take_unseen() { return std::exchange(unseen_, std::nullopt); }

  // The agent itself attached the segment for a moment: its times mean nothing until the next look.
  void touched_by_us(ShmId shmid);

  // The last known state, or null. Valid until the next comparison.
  [[nodiscard]] const SegmentStat* known(ShmId shmid) const;

  // Whether it is one of the last that went.
  [[nodiscard]] bool was_known(ShmId shmid) const;

  // The known, unmarked segment that `key` (not kPrivateKey) names.
  [[nodiscard]] std::optional<ShmId> id_of(Key key) const;

  // The ids of all known segments, ascending. Valid until the next comparison.
  [[nodiscard]] const std::vector<ShmId>& ids() const { return ids_; }

 private:
  struct KnownSegment {
    SegmentStat stat;
    std::uint64_t look = 0;      // the number of the last full look that found it
    bool touched_by_us = false;  // since the last look
  };

  void compare_present(const SegmentStat& found, std::vector<SegmentChange>& changes);
  void enter(const SegmentStat& stat);  // into the indexes
  void leave(const SegmentStat& stat);
  void unname(const SegmentStat& stat);  // its key names it no longer

  std::unordered_map<ShmId, KnownSegment> known_;
  std::vector<ShmId> ids_;  // their ids, ascending: a new one is mostly the last
  std::unordered_map<Key, ShmId>
      by_key_;  // the unmarked ones; the newest where an older one is not yet seen to be gone
  std::uint64_t look_ = 0;
  bool concludes_visits_ = true;
  IdSequence sequence_;
  std::deque<ShmId> gone_;  // the last ones
  std::optional<UnseenIds> unseen_;
};

}  // namespace shmbus::agent
