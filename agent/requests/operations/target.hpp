// Finds the segment that an operation is about.
#pragma once

#include <optional>

#include "agent/access/target.hpp"
#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {

[[nodiscard]] Target target_of(const OperationContext& context, const Operation& operation);

// Has `operation`, if it names its segment by key alone, meet the one that was looked at and no other that gets the key
// meanwhile. Returns the id that it names now.
std::optional<ShmId> pin(Operation& operation, const Target& target);

}  // namespace shmbus::agent
