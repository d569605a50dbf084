#include "agent/command_socket.hpp"

#include "protocol/limits.hpp"

namespace shmbus::agent {
namespace {

std::string_view peer_address(zmq::message_t& message) {
  try {
    return message.gets("Peer-Address");  // NOLINT(clang-analyzer-security.insecureAPI.gets): not that one
  } catch (const zmq::error_t&) {         // a transport without addresses
    return "";
  }
}

}  // namespace

CommandSocket::CommandSocket(zmq::context_t& context, const Limits& limits) : socket_(context, zmq::socket_type::rep) {
  set_common_options(socket_, limits, limits::kMaxMessageBytes);
  socket_.set(zmq::sockopt::rcvhwm, limits.request_queue);
  socket_.set(zmq::sockopt::sndhwm, high_water_mark(limits.reply_queue));
}

Result<std::vector<Binding>> CommandSocket::bind(const std::vector<std::string>& endpoints) {
  return bind_all(socket_, endpoints);
}

std::optional<Received> CommandSocket::receive() {
  if (!socket_.recv(frame_, zmq::recv_flags::dontwait)) {
    return std::nullopt;
  }
  if (const std::string_view peer = peer_address(frame_); peer != last_peer_) {
    last_peer_ = peer;
    last_caller_ = caller_from_peer_address(peer);
  }
  Received request{.frame = frame_.to_string_view(), .caller = last_caller_};
  for (bool more = frame_.more(); more; ++request.parts) {
    zmq::message_t part;  // libzmq hands over whole messages only, so the rest is there
    if (!socket_.recv(part, zmq::recv_flags::dontwait)) {
      break;
    }
    more = part.more();
  }
  return request;
}

void CommandSocket::send(std::string_view reply) { socket_.send(zmq::buffer(reply), zmq::send_flags::dontwait); }

}  // namespace shmbus::agent
