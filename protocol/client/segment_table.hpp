// The state of segments as a snapshot and the events after it tell it, one event at a time.
#pragma once

#include <map>

#include "protocol/client/event_stream.hpp"

namespace shmbus {

// What an EventStream gives, applied in its order. A segment is in the table from `created` to `removed`, also while it
// is marked. Not thread-safe.
class SegmentTable {
 public:
  using Segments = std::map<ShmId, SegmentStat>;

  // Forgets all, and takes the state from `snapshot`.
  void reset(const Snapshot& snapshot);

  // Several events that were found in one look carry the same final `stat`; here each adds only what it `changed`, so
  // that no state in between is passed over.
  void apply(const Event& event);

  // Either, as the item is.
  void apply(const StreamItem& item);

  [[nodiscard]] const Segments& segments() const { return segments_; }

 private:
  Segments segments_;
};

}  // namespace shmbus
