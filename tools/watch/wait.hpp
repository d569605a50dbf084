// --wait: until a condition on a segment holds.
#pragma once

#include "protocol/client/event_stream.hpp"
#include "protocol/client/segment_table.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {

// Whether options.wait holds on one of the segments that --key and --shmid name; with none there `gone` does.
[[nodiscard]] bool holds_now(const WatchOptions& options, const SegmentTable& table);

// Follows `stream` until it holds, at first in the snapshot, then after each event and each new snapshot: what held at
// the start or came true since is not missed, however short. (What lies before a new snapshot can't be known.) Errors:
// kTimedOut after options.timeout, kInterrupted, and the stream's.
[[nodiscard]] Result<void> wait_for_condition(const WatchOptions& options, EventStream& stream);

}  // namespace shmbus
