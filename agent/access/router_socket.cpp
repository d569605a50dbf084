#include "agent/access/router_socket.hpp"

#include <utility>

namespace shmbus::agent {

RouterSocket::RouterSocket(zmq::context_t& context, const Endpoint& endpoint, const Limits& limits)
    : CommandSocket(context, zmq::socket_type::router, endpoint, limits), most_envelope_parts_(limits.envelope_parts) {}

std::optional<Received> RouterSocket::receive() {
  zmq::message_t routing_id;
  if (!take(routing_id)) {
    return std::nullopt;
  }
  return take_envelope(std::move(routing_id)) && take(frame_) ? received(frame_) : Received{.parts = 0};
}

bool RouterSocket::take_envelope(zmq::message_t first) {
  envelope_.clear();
  envelope_.push_back(std::move(first));
  while (envelope_.back().more() && envelope_.size() <= most_envelope_parts_) {
    zmq::message_t part;
    if (!take(part)) {
      return false;
    }
    envelope_.push_back(std::move(part));
    if (envelope_.back().empty()) {
      return envelope_.back().more();  // a request follows
    }
  }
  drop_rest(envelope_.back());
  return false;
}

void RouterSocket::send_message(zmq::message_t reply) {
  for (zmq::message_t& part : envelope_) {
    socket_.send(part, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  }
  socket_.send(reply, zmq::send_flags::dontwait);
}

}  // namespace shmbus::agent
