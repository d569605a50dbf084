#include "agent/access/rep_socket.hpp"

namespace shmbus::agent {

RepSocket::RepSocket(zmq::context_t& context, const Endpoint& endpoint, const Limits& limits)
    : CommandSocket(context, zmq::socket_type::rep, endpoint, limits) {}

std::optional<Received> RepSocket::receive() {
  if (!take(frame_)) {
    return std::nullopt;
  }
  return received(frame_);
}

void RepSocket::send_message(zmq::message_t reply) { socket_.send(reply, zmq::send_flags::dontwait); }

}  // namespace shmbus::agent
