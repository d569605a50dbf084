// What a policy file may hold beside the policy.
#pragma once

#include <cstdint>

namespace shmbus::agent {

// The file is a policy and nothing else, or has options beside it, which are somebody else's to read.
enum class PolicyIs : std::uint8_t { kTheWholeFile, kAmongOthers };

}  // namespace shmbus::agent
