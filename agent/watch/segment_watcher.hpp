// Two looks at the segments, compared: what changed in between. Pure: no clock, no kernel, no socket.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

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
  // Takes a whole listing as the state, and tells what differs: set, attached or detached, marked for each segment.
  std::vector<SegmentChange> compare(const std::vector<SegmentStat>& listing);

  // The same for one segment; `now` is empty where it is gone.
  std::vector<SegmentChange> compare_one(ShmId shmid, const std::optional<SegmentStat>& now);

  // The last known state, or null. Valid until the next comparison.
  [[nodiscard]] const SegmentStat* known(ShmId shmid) const;

  // The known, unmarked segment that `key` (not kPrivateKey) names.
  [[nodiscard]] std::optional<ShmId> id_of(Key key) const;

  // All known states, in no particular order. Valid until the next comparison.
  [[nodiscard]] std::vector<const SegmentStat*> all() const;

 private:
  struct Known {
    SegmentStat stat;
    std::uint64_t look = 0;  // the number of the last full look that found it
  };

  void compare_present(const SegmentStat& found, std::vector<SegmentChange>& changes);
  void index(const SegmentStat& stat);
  void unindex(const SegmentStat& stat);

  std::unordered_map<ShmId, Known> known_;
  std::unordered_map<Key, ShmId>
      by_key_;  // the unmarked ones; the newest where an older one is not yet seen to be gone
  std::uint64_t look_ = 0;
};

}  // namespace shmbus::agent
