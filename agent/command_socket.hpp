// The REP end: requests in, replies out, and who is asking. Nothing here blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "agent/access/bound_socket.hpp"
#include "agent/access/principal.hpp"
#include "agent/config.hpp"

namespace shmbus::agent {

// One request as it came. `frame` is the first where the message had several.
struct Received {
  zmq::message_t frame;
  Caller caller;
  std::size_t parts = 1;

  [[nodiscard]] std::string_view bytes() const { return frame.to_string_view(); }
};

// One thread. After receive() gave a request, send() answers it before the next receive().
class CommandSocket {
 public:
  CommandSocket(zmq::context_t& context, const Limits& limits);

  // As bind_all().
  Result<std::vector<Binding>> bind(const std::vector<std::string>& endpoints);

  // The next request, or nothing if none is waiting.
  std::optional<Received> receive();

  // Answers the last request. A reply to a client that left, or that does not read its replies, is dropped.
  void send(std::string_view reply);

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

 private:
  zmq::socket_t socket_;
  std::string last_peer_;  // many requests in a row come from one caller
  Caller last_caller_ = caller_from_peer_address({});
};

}  // namespace shmbus::agent
