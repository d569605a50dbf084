// Where an agent keeps its sockets, and where a client looks for them. Knows the file system, not ZeroMQ.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/result.hpp"

namespace shmbus {

inline constexpr const char* kHostRuntimeDirectory = "/run/shmbus";
inline constexpr const char* kCommandsSocket = "commands.sock";
inline constexpr const char* kEventsSocket = "events.sock";

struct RuntimeDirectory {
  std::string path;
  bool from_systemd = false;  // made by systemd, so its mode is the unit's business
};

// The agent's: SHMBUS_RUNTIME_DIR, else RUNTIME_DIRECTORY, else /run/shmbus for root, else XDG_RUNTIME_DIR/shmbus,
// else /tmp/shmbus-UID. Reads the environment and the effective uid.
[[nodiscard]] RuntimeDirectory agent_runtime_directory();

// A client's, in the order to look: its own first, then /run/shmbus; no duplicates.
[[nodiscard]] std::vector<std::string> client_runtime_directories();

// Who may pass through an agent's runtime directory to a socket in it: nobody else (0700), its group (0710), everyone
// (0711).
enum class Passage : std::uint8_t { kNobody, kGroup, kEveryone };

// Creates the directory (last component) if it is missing, and checks it: no link, ours (or root's), not open to others
// if it is for nobody else, else not writable by them. Opens it as far as `passage` says, for kGroup to `group`, unless
// systemd made it. Errors: kPermissionDenied or kNotFound with the path and what is wrong with it.
[[nodiscard]] Result<void> prepare_runtime_directory(const RuntimeDirectory& directory,
                                                     Passage passage = Passage::kNobody,
                                                     std::optional<gid_t> group = {});

// The check alone, for a client: no link, owned by this user or by root, not writable by others.
[[nodiscard]] Result<void> check_runtime_directory(const std::string& path);

}  // namespace shmbus
