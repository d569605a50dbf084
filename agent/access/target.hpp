// The segment that an operation is about, found once for whatever authorizes, carries out and records it.
#pragma once

#include <optional>

#include "protocol/result.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// As far as the request and the kernel tell. `key` alone: of a segment that is not there, or not yet. `stat` is there
// where the kernel was asked for it. `error` says why no id was found.
struct Target {
  std::optional<Key> key = {};
  std::optional<ShmId> shmid = {};
  std::optional<SegmentStat> stat = {};
  std::optional<Error> error = {};

  // The segment's id. Requires an operation that names one.
  [[nodiscard]] Result<ShmId> id() const { return error ? Result<ShmId>(*error) : shmid.value(); }
};

}  // namespace shmbus::agent
