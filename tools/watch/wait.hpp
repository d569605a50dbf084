// Implements --wait: blocks until a condition on a segment holds.
#pragma once

#include "protocol/client/event_stream.hpp"
#include "protocol/client/segment_table.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {

// Returns whether options.wait, which must be set, holds for at least one segment that --key and --shmid select. If
// they select none, only `gone` holds.
[[nodiscard]] bool holds_now(const WatchOptions& options, const SegmentTable& table);

// Follows `stream` until the condition holds. Checks it against the first snapshot, then after each event and each new
// snapshot, so a state that lasts for a single event is found too. States between a gap and the snapshot that closes it
// are unknown; the gap is reported on stderr. `stream` must have been opened without a position to start from.
// Errors: kTimedOut once options.timeout has passed since this call, kInterrupted, and those of EventStream::next().
[[nodiscard]] Result<void> wait_for_condition(const WatchOptions& options, EventStream& stream);

}  // namespace shmbus
