#include "agent/command_socket.hpp"

#include <memory>
#include <utility>

namespace shmbus::agent {

CommandSocket::CommandSocket(zmq::context_t& context, Endpoint endpoint, const Limits& limits)
    : socket_(context, zmq::socket_type::router),
      endpoint_(std::move(endpoint)),
      most_envelope_parts_(limits.envelope_parts) {
  set_common_options(socket_, limits, limits.message_bytes);
  socket_.set(zmq::sockopt::rcvhwm, limits.request_queue);
  socket_.set(zmq::sockopt::sndhwm, high_water_mark(limits.reply_queue));
}

Result<Binding> CommandSocket::bind(const SocketAccess& access, UniqueFd passed) {
  Result<Binding> bound = agent::bind(socket_, endpoint_, access, std::move(passed));
  if (bound) {
    endpoint_.address = bound->endpoint;
  }
  return bound;
}

std::optional<Received> CommandSocket::receive() {
  const std::size_t before = held_.size();
  if (!take_held()) {
    return std::nullopt;
  }
  if (!take_envelope() || !take(request_)) {
    held_.resize(before);
    return Received{.parts = 0};
  }
  const std::string_view peer = peer_of(request_, endpoint_.transport);
  return Received{.frame = request_.to_string_view(), .peer = peer, .parts = 1 + drop_rest(request_)};
}

void CommandSocket::reply(ReplyBuffer& reply) {
  const std::string_view bytes = reply.bytes();
  ReplyBuffer::Block* const block = reply.hand_on();
  if (block == nullptr) {
    this->reply(bytes);
    return;
  }
  std::unique_ptr<ReplyBuffer::Block, decltype(&ReplyBuffer::discard)> unsent(block, &ReplyBuffer::discard);
  // libzmq only reads it, and discards it in whichever thread is done with it.
  zmq::message_t message(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* /*data*/, void* hint) { ReplyBuffer::discard(static_cast<ReplyBuffer::Block*>(hint)); }, block);
  static_cast<void>(unsent.release());
  hold(std::move(message));
}

bool CommandSocket::send_replies() {
  for (Frame& frame : held_) {
    socket_.send(frame.message,
                 frame.is_last ? zmq::send_flags::dontwait : zmq::send_flags::dontwait | zmq::send_flags::sndmore);
  }
  const bool any = !held_.empty();
  held_.clear();
  return any;
}

bool CommandSocket::take(zmq::message_t& frame) { return socket_.recv(frame, zmq::recv_flags::dontwait).has_value(); }

bool CommandSocket::take_held() {
  const bool taken = take(held_.emplace_back().message);
  if (!taken) {
    held_.pop_back();
  }
  return taken;
}

bool CommandSocket::take_envelope() {
  for (std::size_t parts = 0; held_.back().message.more() && parts < most_envelope_parts_ && take_held(); ++parts) {
    if (held_.back().message.empty()) {
      return held_.back().message.more();  // a request follows
    }
  }
  drop_rest(held_.back().message);
  return false;
}

std::size_t CommandSocket::drop_rest(const zmq::message_t& frame) {
  std::size_t dropped = 0;
  zmq::message_t part;  // libzmq hands over whole messages only, so the rest is there
  for (bool more = frame.more(); more && take(part); more = part.more()) {
    ++dropped;
  }
  return dropped;
}

void CommandSocket::hold(zmq::message_t reply) { held_.push_back({std::move(reply), true}); }

}  // namespace shmbus::agent
