// A table of the segments' states, kept up to date by a snapshot and the events after it.
#pragma once

#include <map>

#include "protocol/client/event_stream.hpp"

namespace shmbus {

// Apply the items of one EventStream in their order. A segment is in the table from its kCreated to its kRemoved event,
// also while it is marked. Times and shm_lpid are those of the segment's last event: they change without events. The
// table owns its entries. Not thread-safe.
class SegmentTable {
 public:
  using Segments = std::map<ShmId, SegmentStat>;

  // Replaces the whole table with the state of `snapshot`.
  void reset(const Snapshot& snapshot);

  // Applies one event. If the agent found several changes at once, their events all carry the final `stat`. The table
  // takes from each event only the fields that it `changed`, so that it passes through every state in between.
  void apply(const Event& event);

  // Applies an event, or takes the snapshot of a Resync.
  void apply(const StreamItem& item);

  // Returns the states by id; the next reset() or apply() changes them.
  [[nodiscard]] const Segments& segments() const { return segments_; }

 private:
  Segments segments_;
};

}  // namespace shmbus
