// Which segment an operation is about, for those who decide and record before and after it is carried out.
#pragma once

#include <optional>

#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {

// As far as the request and the kernel tell. `key` alone: of a segment that is not there, or not yet.
struct Target {
  std::optional<Key> key;
  std::optional<ShmId> shmid;
  std::optional<SegmentStat> stat;
};

[[nodiscard]] Target target_of(const OperationContext& context, const Operation& operation);

// Has `operation`, if it names its segment by key alone, meet the one that was looked at and no other that gets the key
// meanwhile. Returns the id that it names now.
std::optional<ShmId> pin(Operation& operation, const Target& target);

}  // namespace shmbus::agent
