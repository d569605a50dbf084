// The segment that an operation is about, for what decides and records before and after it is carried out.
#pragma once

#include <optional>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// As far as the request and the kernel tell. `key` alone: of a segment that is not there, or not yet.
struct Target {
  std::optional<Key> key;
  std::optional<ShmId> shmid;
  std::optional<SegmentStat> stat;
};

}  // namespace shmbus::agent
