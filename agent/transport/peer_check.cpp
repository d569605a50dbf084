#include "agent/transport/peer_check.hpp"

#include <unistd.h>

#include <chrono>
#include <string>

#include "protocol/endpoint/peer_address.hpp"
#include "protocol/endpoint/random.hpp"

namespace shmbus::agent {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};

Error not_told(const std::string& why) {
  return {.code = ErrorCode::kUnsupported,
          .message = "callers cannot be identified: " + why,
          .hint = "libzmq 4.3.4 is known to report it"};
}

}  // namespace

// An abstract address has no permissions, so anybody can connect to it. That does no harm: nobody else can send a
// message with the secret.
Result<void> check_peer_address(zmq::context_t& context) {
  const std::string secret = std::to_string(random_53_bits());
  const std::string address = "ipc://@shmbus-peer-check-" + std::to_string(random_53_bits());
  try {
    zmq::socket_t server(context, zmq::socket_type::pull);
    zmq::socket_t client(context, zmq::socket_type::push);
    for (zmq::socket_t* const socket : {&server, &client}) {
      socket->set(zmq::sockopt::linger, 0);
    }
    server.set(zmq::sockopt::rcvtimeo, static_cast<int>(kPatience.count()));
    server.bind(address);
    client.connect(address);
    client.send(zmq::buffer(secret), zmq::send_flags::dontwait);
    zmq::message_t message;
    do {
      if (!server.recv(message)) {
        return not_told("no message arrived");
      }
    } while (message.to_string_view() != secret);
    const std::string said = message.gets("Peer-Address");
    const std::optional<PeerAddress> peer = parse_peer_address(said);
    if (!peer || peer->uid != ::geteuid() || peer->gid != ::getegid() || peer->pid != ::getpid()) {
      return not_told("for this process libzmq reports " + said);
    }
    return {};
  } catch (const zmq::error_t& error) {
    return not_told(error.what());
  }
}

}  // namespace shmbus::agent
