// What this host, its kernel and this process's user namespace are like.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// The host's name, escaped: gethostname(2).
[[nodiscard]] std::string host_name();

// How many ids there are at a time; an id is its slot plus a multiple of this. Boot option ipcmni_extend
// (kernel-parameters.txt): 2^24 instead of 2^15.
[[nodiscard]] ShmId ipc_slots();

// Whether our user namespace has the uid, see user_namespaces(7).
[[nodiscard]] bool maps_uid(std::uint32_t uid);

// Whether it has every uid, so that the overflow uid is a user like any other.
[[nodiscard]] bool maps_all_uids();

}  // namespace shmbus::agent
