// The target of an operation: its segment, found once and shared by the code that authorizes, carries out and records
// the operation. All of them therefore mean the same segment.
#pragma once

#include <optional>

#include "protocol/result.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// A plain value. A member is set if the request names it or the kernel was asked for it; an operation without a segment
// has none. A `key` alone may belong to a segment that does not exist, or not yet. `stat` is the state before the
// operation. `error` is the reason why the request has no valid segment.
struct Target {
  std::optional<Key> key = {};
  std::optional<ShmId> shmid = {};
  std::optional<SegmentStat> stat = {};
  std::optional<Error> error = {};

  // Returns the id of the segment, or `error`. Requires an operation whose request names a segment.
  [[nodiscard]] Result<ShmId> id() const { return error ? Result<ShmId>(*error) : shmid.value(); }
};

}  // namespace shmbus::agent
