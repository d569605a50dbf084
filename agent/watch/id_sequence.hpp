// A record of the ids that the kernel gave to segments, in which a hole shows a segment that came and went unseen.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// Ids that were given between two scans to segments that no scan or call has shown. `from` and `to` are the first and
// the last of them. There may be more than `at_least`, because the slots can have been cycled through more than once.
struct UnseenIds {
  ShmId from = 0;
  ShmId to = 0;
  std::uint64_t at_least = 0;
};

// The kernel gives out ids in order (ipc_idr_alloc in ipc/util.c). An id is a slot plus a multiple of the number of
// slots. Each new segment takes the next free slot, and the multiple grows by one when the slots start over, which is
// after 64 of them at the earliest (ipc_min_cycle). A slot between two newly seen ids was therefore given to a segment
// in between, unless it was occupied already.
//
// Call appeared() and vanished() as ids come and go, and close() after each complete scan.
class IdSequence {
 public:
  // `slots`: the number of slots of this kernel, the most that kernel.shmmni can be.
  explicit IdSequence(ShmId slots) : slots_(slots) {}

  // Takes note of an id in use, or of one that a traced call used meanwhile.
  void appeared(ShmId id);
  // Takes note that an id is no longer in use. Its slot counts as occupied until the next close().
  void vanished(ShmId id) { vacated_.push_back(id % slots_); }

  // Ends an interval: every segment has been scanned. Returns the holes among the ids given since the last close(), or
  // nothing if there are none. Returns nothing until it has an id to start from, one that appeared after the first
  // call: the segments that exist from the start do not show which id was given last. Returns nothing either for an
  // interval in which the multiples wrapped around.
  std::optional<UnseenIds> close();

 private:
  [[nodiscard]] UnseenIds holes_between(ShmId before, ShmId now) const;

  const ShmId slots_;
  std::unordered_set<ShmId> occupied_;  // slots in use at any time since the last close()
  std::vector<ShmId> vacated_;          // slots that count as free from the next close() on
  ShmId newest_ = -1;                   // the newest id as of the last close(); -1: not known yet
  ShmId newest_since_ = -1;             // the newest id since then; -1: none
  bool knows_what_was_ = false;         // close() was called before
};

}  // namespace shmbus::agent
