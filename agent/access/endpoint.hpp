// Where the agent is reached, and by whom: that decides which socket serves there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace shmbus::agent {

enum class Transport : std::uint8_t {
  kPrivate,   // ipc, for the agent's own user (and root, who may go anywhere)
  kLocal,     // ipc, for other users too: the kernel says who asks
  kInsecure,  // tcp on loopback: nobody says who asks
  kCurve,     // tcp with keys
};

// `address` as ZeroMQ takes it: ipc://PATH or tcp://HOST:PORT.
struct Endpoint {
  std::string address;
  Transport transport = Transport::kPrivate;
};

// Who may connect to an ipc socket: the permissions of its file, of which writing is what counts, and its group.
struct SocketAccess {
  mode_t mode = 0600;
  std::optional<gid_t> group;

  [[nodiscard]] bool is_private() const { return (mode & 0022U) == 0; }
};

}  // namespace shmbus::agent
