// Sockets that the service manager listens on for us (sd_listen_fds(3)).
#pragma once

#include <string>
#include <vector>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// `path` is where it is bound, `name` what the service manager calls it: usually its unit.
struct PassedSocket {
  UniqueFd descriptor;
  std::string path;
  std::string name;
};

inline constexpr int kFirstPassed = 3;  // descriptor; the others follow

// Those that LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES tell of, which it takes out of the environment; none if they are
// for another process. They are closed on exec. Once, before there are other threads. Errors: kBadRequest for one that
// is not a listening Unix stream socket with a path, and for what is no number.
[[nodiscard]] Result<std::vector<PassedSocket>> take_passed_sockets(int first = kFirstPassed);

// Hands over the one at `path`, which no longer has a descriptor then; nothing if there is none.
[[nodiscard]] UniqueFd take_at(const std::string& path, std::vector<PassedSocket>& passed);

// Errors: kBadRequest with the name and path of one that nobody took.
[[nodiscard]] Result<void> all_taken(const std::vector<PassedSocket>& passed);

}  // namespace shmbus::agent
