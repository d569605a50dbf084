// Reads facts about other processes from /proc. Any of them may exit meanwhile. An empty result means that the process
// is gone, or that the agent may not read the fact. Sources: proc(5), namespaces(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/kernel/credentials.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// Returns the name of a process (/proc/PID/comm), with bytes that are not UTF-8 escaped.
[[nodiscard]] std::optional<std::string> process_name(std::int32_t pid);

// The effective ids of a process, as the agent's user namespace shows them.
struct ProcessIds {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
[[nodiscard]] std::optional<ProcessIds> process_ids(std::int32_t pid);

// The identity of a process, and its start time in clock ticks since boot. Pid and start time together name one
// process, because a later process with the same pid has another start time.
struct ProcessRights {
  std::uint64_t start_time = 0;
  Identity identity;
};
// Returns both, read from one and the same process. Empty, too, if the pid went to another process during the read.
[[nodiscard]] std::optional<ProcessRights> process_rights(std::int32_t pid);

// Returns whether the process is in the agent's IPC namespace, so that both see the same segments. Empty if the process
// is gone, or if it belongs to another user and the agent lacks CAP_SYS_PTRACE.
[[nodiscard]] std::optional<bool> shares_our_segments(std::int32_t pid);

// Returns whether the process is in the agent's user namespace, so that ids mean the same to both. Empty as above.
[[nodiscard]] std::optional<bool> shares_our_users(std::int32_t pid);

// Returns the uid that stands for every uid that a user namespace does not map. Read once per process; usually 65534.
[[nodiscard]] std::uint32_t overflow_uid();

// A segment that a process has attached, and its address in that process.
struct MappedSegment {
  std::int32_t pid = 0;
  std::uint64_t address = 0;
  ShmId shmid = 0;
};

// Returns the attachments of all other processes in the agent's IPC namespace. Processes whose maps the agent may not
// read are left out. One process is read after the other, so this is no snapshot.
[[nodiscard]] std::vector<MappedSegment> mapped_segments();

}  // namespace shmbus::agent
