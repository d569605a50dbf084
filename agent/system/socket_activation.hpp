// Takes over sockets on which the service manager listens for the agent (sd_listen_fds(3)).
#pragma once

#include <string>
#include <vector>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// A listening socket that was passed, with the path where it is bound. `name` is the service manager's, usually that of
// the socket unit. Owns the descriptor until take_at() moves it out.
struct PassedSocket {
  UniqueFd descriptor;
  std::string path;
  std::string name;
};

inline constexpr int kFirstPassed = 3;  // the first descriptor; the others follow

// Returns the sockets that LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES describe, closed on exec, and removes these
// variables from the environment. Returns none if they are for another process. Must be called once, before other
// threads exist. Errors: kBadRequest for a descriptor that is not a listening Unix stream socket with a path, and for a
// LISTEN_FDS that is not a plausible number.
[[nodiscard]] Result<std::vector<PassedSocket>> take_passed_sockets(int first = kFirstPassed);

// Moves the descriptor of the socket at `path` out of `passed`; its entry stays there without one. Returns an invalid
// descriptor if no socket has that path.
[[nodiscard]] UniqueFd take_at(const std::string& path, std::vector<PassedSocket>& passed);

// Checks that each socket was taken. Errors: kBadRequest with the name and path of the first that was not.
[[nodiscard]] Result<void> all_taken(const std::vector<PassedSocket>& passed);

}  // namespace shmbus::agent
