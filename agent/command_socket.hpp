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

// One request as it came, borrowed from the socket. `frame` is the first where the message had several.
struct Received {
  std::string_view frame;
  const Caller& caller;
  std::size_t parts = 1;
};

// One thread. After receive() gave a request, send() answers it before the next receive().
class CommandSocket {
 public:
  CommandSocket(zmq::context_t& context, const Limits& limits);

  // As bind_all().
  Result<std::vector<Binding>> bind(const std::vector<std::string>& endpoints);

  // The next request, valid until the next call, or nothing if none is waiting.
  std::optional<Received> receive();

  // Answers the last request. A reply to a client that left, or that does not read its replies, is dropped.
  void send(std::string_view reply);

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

 private:
  zmq::socket_t socket_;
  zmq::message_t frame_;
  std::string last_peer_;  // many requests in a row come from one caller
  Caller last_caller_ = caller_from_peer_address({});
};

}  // namespace shmbus::agent
