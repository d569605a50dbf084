// The kernel gives ids in turn: an id is a slot plus a multiple of the number of slots, and the next free slot is
// taken. So a hole between two ids is a segment that came and went unseen. Source: ipc/util.c, ipc_idr_alloc. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// Ids that were given between two looks, and that nobody has seen. `at_least`: a turn of the slots may hide more.
struct UnseenIds {
  ShmId from = 0;
  ShmId to = 0;
  std::uint64_t at_least = 0;
};

class IdSequence {
 public:
  explicit IdSequence(ShmId slots) : slots_(slots) {}

  // An id that is there, or that was, as a call told.
  void appeared(ShmId id);
  void vanished(ShmId id) { vacated_.push_back(id % slots_); }

  // Everything has been looked at: the holes since the last time. Nothing before the first id that appeared after the
  // first call, because the ids given before are not known.
  std::optional<UnseenIds> close();

 private:
  [[nodiscard]] UnseenIds holes_between(ShmId before, ShmId now) const;

  const ShmId slots_;
  std::unordered_set<ShmId> occupied_;  // slots, at any time since the last close()
  std::vector<ShmId> vacated_;          // slots that are free from the next close() on
  ShmId newest_ = -1;                   // that appeared before the last close(), once that is known
  ShmId newest_since_ = -1;
  bool knows_what_was_ = false;
};

}  // namespace shmbus::agent
