#include "agent/watch/id_sequence.hpp"

#include <algorithm>
#include <utility>

namespace shmbus::agent {
namespace {

constexpr ShmId kShortestTurn = 64;  // ipc_min_cycle: the slots start over after this many at the earliest

}  // namespace

void IdSequence::appeared(ShmId id) {
  occupied_.insert(id % slots_);
  newest_since_ = std::max(newest_since_, id);
}

UnseenIds IdSequence::holes_between(ShmId before, ShmId now) const {
  UnseenIds holes;
  const auto add = [&](ShmId turn, ShmId first_slot, ShmId end_slot) {
    for (ShmId slot = first_slot; slot < end_slot; ++slot) {
      if (!occupied_.contains(slot)) {
        const ShmId id = turn * slots_ + slot;
        holes.from = holes.at_least == 0 ? id : holes.from;
        holes.to = id;
        ++holes.at_least;
      }
    }
  };
  ShmId turn = before / slots_;
  ShmId slot = before % slots_ + 1;
  for (; turn < now / slots_; ++turn, slot = 0) {
    add(turn, slot, std::min(kShortestTurn, slots_));
  }
  add(turn, slot, now % slots_);
  return holes;
}

std::optional<UnseenIds> IdSequence::close() {
  const ShmId before = newest_;
  const ShmId now = std::exchange(newest_since_, -1);
  std::optional<UnseenIds> unseen;
  // An id below the last one means that the multiples have wrapped around, so nothing can be concluded.
  if (knows_what_was_ && before >= 0 && now > before) {
    const UnseenIds holes = holes_between(before, now);
    unseen = holes.at_least > 0 ? std::optional(holes) : std::nullopt;
  }
  if (knows_what_was_ && now >= 0) {
    newest_ = now;
  }
  knows_what_was_ = true;
  for (const ShmId slot : std::exchange(vacated_, {})) {
    occupied_.erase(slot);
  }
  return unseen;
}

}  // namespace shmbus::agent
