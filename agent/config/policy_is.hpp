// The scope of a policy file: the tables that it may hold beside the policy.
#pragma once

#include <cstdint>

namespace shmbus::agent {

// kTheWholeFile: the file is a policy and nothing else, so an unknown table is an error. kAmongOthers: it is the
// configuration file, whose other keys read_config_file() checks and parse_policy() skips.
enum class PolicyIs : std::uint8_t { kTheWholeFile, kAmongOthers };

}  // namespace shmbus::agent
