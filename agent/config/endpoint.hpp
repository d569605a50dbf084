// Where the agent is reached, and by whom: that decides which socket serves there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/result.hpp"

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

// What becomes of TCP endpoints.
enum class TcpMode : std::uint8_t { kRefused, kInsecure, kCurve };

// Who may connect to a socket: on ipc the permissions of its file, of which writing is what counts, and its group; on
// TCP holders of a key, if the agent has a pair of its own.
struct SocketAccess {
  mode_t mode = 0600;
  std::optional<gid_t> group;
  std::optional<CurvePair> keys;

  [[nodiscard]] bool is_private() const { return (mode & 0022U) == 0; }
};

// What `address`, which was checked, is to the agent if its ipc sockets are open as `access` says.
[[nodiscard]] Endpoint endpoint_of(const std::string& address, const SocketAccess& access, TcpMode tcp);

// Refuses what the agent must not do: kBadRequest for a TCP address where none is served, for one that is not on
// loopback where nobody says who asks, for an abstract or overlong ipc address, and for other transports.
[[nodiscard]] Result<void> check_address(const std::string& address, TcpMode tcp);

}  // namespace shmbus::agent
