// Endpoints of the agent: their addresses, the transport behind each, and the peers that may connect.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The kind of an endpoint. It decides how a caller is identified, and so which callers are served there.
enum class Transport : std::uint8_t {
  kPrivate,   // ipc, for the agent's own user alone; root can connect to any socket
  kLocal,     // ipc, for other users too; the kernel identifies the peer
  kInsecure,  // tcp without keys, on loopback; all peers are anonymous
  kCurve,     // tcp with keys; the key identifies the peer
};

// An address in ZeroMQ's form, ipc://PATH or tcp://HOST:PORT, and its transport.
struct Endpoint {
  std::string address;
  Transport transport = Transport::kPrivate;
};

// The treatment of TCP endpoints: not served, served on loopback to any peer, or served to holders of a key.
enum class TcpMode : std::uint8_t { kRefused, kInsecure, kCurve };

// Decides which peers may connect to a socket. On ipc the permissions and the group of the socket file decide;
// connecting takes write permission (unix(7)), so read bits have no effect. On TCP only holders of a key may connect,
// if the agent has a key pair.
struct SocketAccess {
  mode_t mode = 0600;
  std::optional<gid_t> group;     // unset: the file keeps the group that it was created with
  std::optional<CurvePair> keys;  // the agent's own

  // Returns whether the socket file's owner and root alone may connect.
  [[nodiscard]] bool is_private() const { return (mode & 0022U) == 0; }
};

// Returns `address` with its transport. `access` makes an ipc endpoint private or local, `tcp` decides for TCP.
// Requires an address that check_address() accepts with the same `tcp`.
[[nodiscard]] Endpoint endpoint_of(const std::string& address, const SocketAccess& access, TcpMode tcp);

// Checks that the agent may serve `address`. Host names are not resolved, so a loopback address is a numeric one.
// Errors: kBadRequest for a TCP address if TCP is not served, or if it is not on loopback and there are no keys; for a
// bad port; for an ipc address that is not an absolute path, or is too long for a socket; for any other transport.
[[nodiscard]] Result<void> check_address(const std::string& address, TcpMode tcp);

}  // namespace shmbus::agent
