#include "agent/command_socket.hpp"

#include "agent/access/rep_socket.hpp"
#include "agent/access/router_socket.hpp"

namespace shmbus::agent {

std::unique_ptr<CommandSocket> CommandSocket::make(zmq::context_t& context, const Endpoint& endpoint,
                                                   const Limits& limits) {
  if (endpoint.transport == Transport::kPrivate) {
    return std::make_unique<RepSocket>(context, endpoint, limits);
  }
  return std::make_unique<RouterSocket>(context, endpoint, limits);
}

CommandSocket::CommandSocket(zmq::context_t& context, zmq::socket_type type, Endpoint endpoint, const Limits& limits)
    : socket_(context, type), endpoint_(std::move(endpoint)) {
  set_common_options(socket_, limits, limits.message_bytes);
  socket_.set(zmq::sockopt::rcvhwm, limits.request_queue);
  socket_.set(zmq::sockopt::sndhwm, high_water_mark(limits.reply_queue));
}

Result<Binding> CommandSocket::bind(const SocketAccess& access) {
  Result<Binding> bound = agent::bind(socket_, endpoint_, access);
  if (bound) {
    endpoint_.address = bound->endpoint;
  }
  return bound;
}

void CommandSocket::send(ReplyBuffer& reply) {
  const std::string_view bytes = reply.bytes();
  ReplyBuffer::Block* const block = reply.hand_on();
  if (block == nullptr) {
    send(bytes);
    return;
  }
  std::unique_ptr<ReplyBuffer::Block, decltype(&ReplyBuffer::discard)> unsent(block, &ReplyBuffer::discard);
  // libzmq only reads it, and discards it in whichever thread is done with it.
  zmq::message_t message(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* /*data*/, void* hint) { ReplyBuffer::discard(static_cast<ReplyBuffer::Block*>(hint)); }, block);
  static_cast<void>(unsent.release());
  send_message(std::move(message));
}

bool CommandSocket::take(zmq::message_t& frame) { return socket_.recv(frame, zmq::recv_flags::dontwait).has_value(); }

std::size_t CommandSocket::drop_rest(const zmq::message_t& frame) {
  std::size_t dropped = 0;
  zmq::message_t part;  // libzmq hands over whole messages only, so the rest is there
  for (bool more = frame.more(); more && take(part); more = part.more()) {
    ++dropped;
  }
  return dropped;
}

Received CommandSocket::received(zmq::message_t& frame) {
  const std::string_view peer = peer_of(frame, endpoint_.transport);
  return {.frame = frame.to_string_view(), .peer = peer, .parts = 1 + drop_rest(frame)};
}

}  // namespace shmbus::agent
