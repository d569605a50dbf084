// Binds the agent's ZeroMQ sockets to their endpoints, and applies the rules that they share: which peers may connect,
// and limits that take effect before a peer can make the agent allocate memory.
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

// Returns the version of the libzmq that is in use, "4.3.4 with CURVE" or "4.3.4 without CURVE".
[[nodiscard]] std::string zeromq_version();

// Sets the options that every socket of the agent has: the backlog, the time for a handshake, the linger period, and
// `most_bytes` for one message. A peer that sends a larger message is disconnected. Call it before bind().
void set_common_options(zmq::socket_t& socket, const Limits& limits, std::size_t most_bytes);

// Returns the high-water mark at which libzmq queues at least `messages` for a peer. It is twice that number, because
// libzmq learns only after each half of the mark that the peer has taken messages.
[[nodiscard]] constexpr int high_water_mark(int messages) { return 2 * messages; }

// Returns the peer that sent `message`, as a property of the message identifies it: Peer-Address on ipc, which libzmq
// gets from the kernel; the public key in Z85 with CURVE, which the ZapHandler attaches; nothing on insecure TCP. The
// property User-Id is not used: without a ZAP handler it is the client's own choice. The view is valid as long as
// `message`.
[[nodiscard]] std::string_view peer_of(zmq::message_t& message, Transport transport);

// An endpoint that is bound. `path` holds the lock on an ipc path; its destructor removes the socket file if this
// process created it.
struct Binding {
  std::string endpoint;  // with the port that the system chose for *
  std::optional<SocketPath> path;
};

// Binds `socket` to `endpoint`. An ipc socket has its permissions before the first peer can connect. If the service
// manager already listens at that path, `passed` is its descriptor: `socket` takes it over, and the file is not
// removed. The binding must outlive the ZeroMQ context, which closes sockets in a thread of its own. Errors: as the
// functions of SocketPath; kBadRequest with the endpoint and libzmq's reason.
[[nodiscard]] Result<Binding> bind(zmq::socket_t& socket, const Endpoint& endpoint, const SocketAccess& access,
                                   UniqueFd passed = {});

}  // namespace shmbus::agent
