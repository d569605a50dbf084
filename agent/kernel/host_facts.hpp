// Reads facts about this host, its kernel and the user namespace of this process. Each call reads the fact again.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// Returns the host's name (gethostname(2)). Bytes that are not UTF-8 are escaped.
[[nodiscard]] std::string host_name();

// Returns how many segment ids can exist at a time. An id is its slot plus a multiple of this number. It is 2^15, or
// 2^24 with the boot option ipcmni_extend (kernel-parameters.txt).
[[nodiscard]] ShmId ipc_slots();

// Returns whether this user namespace maps `uid` (user_namespaces(7)). False if /proc/self/uid_map cannot be read.
[[nodiscard]] bool maps_uid(std::uint32_t uid);

// Returns whether this namespace maps every uid. Then the overflow uid is an ordinary user and stands for no other.
[[nodiscard]] bool maps_all_uids();

}  // namespace shmbus::agent
