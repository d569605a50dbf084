// What /proc tells of other processes, as far as they are still there. Sources: proc(5), namespaces(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/kernel/credentials.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// The name of a process as proc(5) has it in comm: UTF-8, foreign bytes escaped.
[[nodiscard]] std::optional<std::string> process_name(std::int32_t pid);

// Effective ids.
struct ProcessIds {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
[[nodiscard]] std::optional<ProcessIds> process_ids(std::int32_t pid);

// What a process may do, and since when it is there (in clock ticks since boot, which tells it from a later one of its
// number). All of one process, though its number may be another's by now.
struct ProcessRights {
  std::uint64_t start_time = 0;
  Identity identity;
};
[[nodiscard]] std::optional<ProcessRights> process_rights(std::int32_t pid);

// Whether the process's segments are ours: its IPC namespace is the agent's. Nothing if that can't be told, because it
// is gone or somebody else's and we lack CAP_SYS_PTRACE.
[[nodiscard]] std::optional<bool> shares_our_segments(std::int32_t pid);

// Whether its user ids mean what ours do: its user namespace is the agent's. Nothing if that can't be told.
[[nodiscard]] std::optional<bool> shares_our_users(std::int32_t pid);

// The id that stands for one that a user namespace does not map.
[[nodiscard]] std::uint32_t overflow_uid();

// One segment mapped by a process.
struct MappedSegment {
  std::int32_t pid = 0;
  std::uint64_t address = 0;
  ShmId shmid = 0;
};

// What all processes of our IPC namespace but this one have attached, as far as their maps may be read.
[[nodiscard]] std::vector<MappedSegment> mapped_segments();

}  // namespace shmbus::agent
