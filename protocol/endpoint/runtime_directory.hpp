// The directories in which an agent keeps its sockets and a client searches for them, and the checks that make them
// safe: another user who can write there could put a socket in place of the agent's. This header knows the file system,
// but not ZeroMQ.
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

// The runtime directory of an agent.
struct RuntimeDirectory {
  std::string path;
  // systemd made it (RuntimeDirectory=, systemd.exec(5)), so owner and mode are those of the unit and are not checked.
  bool from_systemd = false;
};

// Returns the agent's directory, the first one of: SHMBUS_RUNTIME_DIR; RUNTIME_DIRECTORY; /run/shmbus for root;
// XDG_RUNTIME_DIR/shmbus; /tmp/shmbus-UID. Reads the environment and the effective uid; the directory need not exist.
[[nodiscard]] RuntimeDirectory agent_runtime_directory();

// Returns a client's directories in the order of the search: that of an agent which the client's own user would start,
// then /run/shmbus; no duplicates.
[[nodiscard]] std::vector<std::string> client_runtime_directories();

// The users that may pass through an agent's runtime directory to a socket in it: only its owner (0700), its group
// (0710), or everyone (0711).
enum class Passage : std::uint8_t { kNobody, kGroup, kEveryone };

// Creates the directory (the last component only) if it is missing, checks it, and gives it the mode for `passage` and,
// if one is given, the group `group`. The directory must not be a link, must belong to this user or to root, and must
// not be writable by its group or others; with kNobody others must have no access at all. One that systemd made is only
// checked to be a directory. Errors: kPermissionDenied or kNotFound with the path and the objection, or the failure of
// a system call.
[[nodiscard]] Result<void> prepare_runtime_directory(const RuntimeDirectory& directory,
                                                     Passage passage = Passage::kNobody,
                                                     std::optional<gid_t> group = {});

// Checks a directory for a client: it must not be a link or writable by others, and must belong to this user or to
// root. Errors as above.
[[nodiscard]] Result<void> check_runtime_directory(const std::string& path);

}  // namespace shmbus
