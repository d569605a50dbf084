// A ZeroMQ socket bound to its endpoint, with what holds for each: who may connect, limits before memory is taken.
#pragma once

#include <optional>
#include <string>

#include "agent/config/endpoint.hpp"
#include "agent/config/limits.hpp"
#include "agent/transport/socket_path.hpp"
#include "protocol/unique_fd.hpp"

namespace zmq {
class message_t;
class socket_t;
}  // namespace zmq

namespace shmbus::agent {

// "4.3.4 with CURVE", or without
[[nodiscard]] std::string zeromq_version();

// Sets what every socket of the agent has: bounds on messages, handshakes and the end.
void set_common_options(zmq::socket_t& socket, const Limits& limits, std::size_t most_bytes);

// The high-water mark with which a peer may be `messages` behind for sure: libzmq learns only after each half of the
// mark that the peer has taken messages.
[[nodiscard]] constexpr int high_water_mark(int messages) { return 2 * messages; }

// What is known of who sent `message`, by libzmq's own word or that of our ZAP handler: Peer-Address on ipc, the public
// key with CURVE. Empty where nobody says it. User-Id is neither: a client may say what it likes.
[[nodiscard]] std::string_view peer_of(zmq::message_t& message, Transport transport);

// An endpoint as it is bound: a TCP port that was left to the system (port *) is told. `path` is the right to an ipc
// path.
struct Binding {
  std::string endpoint;
  std::optional<SocketPath> path;
};

// Binds `socket`; an ipc path is open to whom `access` says, from the first moment. With `passed`, which the service
// manager bound at that path, `socket` listens on that one, and the file stays at the end. The binding must outlive the
// ZeroMQ context, which closes sockets in a thread of its own. Errors: as SocketPath, and kBadRequest with the endpoint
// and the reason.
[[nodiscard]] Result<Binding> bind(zmq::socket_t& socket, const Endpoint& endpoint, const SocketAccess& access,
                                   UniqueFd passed = {});

}  // namespace shmbus::agent
