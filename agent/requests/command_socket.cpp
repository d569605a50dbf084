#include "agent/requests/command_socket.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace shmbus::agent {
namespace {

// Throws zmq::error_t, with ENOMEM, where there is no memory for it.
zmq::message_t message_of(ReplyBuffer& reply) {
  const auto [block, bytes] = reply.hand_on();
  if (block == nullptr) {
    zmq::message_t message(reply.size());
    reply.write_to(message.data<char>());
    return message;
  }
  std::unique_ptr<ReplyBuffer::Block, decltype(&ReplyBuffer::discard)> unsent(block, &ReplyBuffer::discard);
  // libzmq discards it in whichever thread is done with it.
  zmq::message_t message(
      bytes.data(), bytes.size(),
      [](void* /*data*/, void* hint) { ReplyBuffer::discard(static_cast<ReplyBuffer::Block*>(hint)); }, block);
  static_cast<void>(unsent.release());
  return message;
}

}  // namespace

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

std::optional<Received> CommandSocket::receive(std::size_t at_once) {
  if (next_ == taken_.size()) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(sent_));
    answered_ -= std::exchange(sent_, 0);
    taken_.clear();
    next_ = 0;
    while (taken_.size() < at_once && take()) {
    }
    if (taken_.empty()) {
      return std::nullopt;
    }
  }
  const auto& [last, parts] = taken_[next_++];
  if (parts == 0) {
    return Received{.parts = 0};
  }
  zmq::message_t& request = frames_[last];
  return Received{request.to_string_view(), peer_of(request, endpoint_.transport), parts};
}

void CommandSocket::reply(ReplyBuffer& reply) {
  try {
    answer(message_of(reply));
  } catch (const zmq::error_t& error) {
    if (error.num() != ENOMEM) {
      throw;
    }
    spdlog::error("no memory for a reply of {} bytes", reply.size());
    reply.set_error({.code = ErrorCode::kNoMemory, .message = "the agent has no memory for the reply"});
    answer(message_of(reply));
  }
}

bool CommandSocket::send_replies() {
  const bool any = sent_ < answered_;
  for (; sent_ < answered_; ++sent_) {
    zmq::message_t& frame = frames_[sent_];
    socket_.send(frame,
                 frame.more() ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait);
  }
  return any;
}

bool CommandSocket::take() {
  const std::size_t before = frames_.size();
  if (!take_frame()) {
    return false;
  }
  if (take_envelope() && take_frame()) {
    taken_.push_back({frames_.size() - 1, 1 + drop_rest()});
  } else {
    drop_rest();
    frames_.resize(before);
    taken_.push_back({before, 0});
  }
  return true;
}

bool CommandSocket::take_frame() {
  const bool taken = socket_.recv(frames_.emplace_back(), zmq::recv_flags::dontwait).has_value();
  if (!taken) {
    frames_.pop_back();
  }
  return taken;
}

bool CommandSocket::take_envelope() {
  for (std::size_t parts = 0; frames_.back().more() && parts < most_envelope_parts_ && take_frame(); ++parts) {
    if (frames_.back().empty()) {
      return frames_.back().more();  // a request follows
    }
  }
  return false;
}

std::size_t CommandSocket::drop_rest() {
  std::size_t dropped = 0;
  zmq::message_t part;  // libzmq hands over whole messages only, so the rest is there
  for (bool more = frames_.back().more(); more && socket_.recv(part, zmq::recv_flags::dontwait); more = part.more()) {
    ++dropped;
  }
  return dropped;
}

void CommandSocket::answer(zmq::message_t reply) {
  const std::size_t last = taken_[next_ - 1].last;
  frames_[last] = std::move(reply);
  answered_ = last + 1;
}

}  // namespace shmbus::agent
