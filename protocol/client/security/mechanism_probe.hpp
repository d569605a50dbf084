// A probe for the security mechanism of an endpoint, which every ZMTP peer names in its greeting (ZeroMQ RFC 23).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

namespace shmbus {

// An agent that requires keys closes a connection that shows none, and TCP may then drop the greeting that said so. The
// probe makes a connection of its own and sends only the first part of a greeting. The agent answers with its whole
// greeting and then waits for the rest, so the connection stays open until the greeting has arrived. It belongs to one
// thread.
class MechanismProbe {
 public:
  explicit MechanismProbe(zmq::context_t& context);

  // Connects to tcp://HOST:PORT, unless an earlier connection is still open. Throws zmq::error_t for a bad endpoint.
  void ask(const std::string& endpoint);

  // Returns the socket to poll: it is readable when mechanism() may know more.
  [[nodiscard]] zmq::socket_ref socket() { return stream_; }

  // Returns the name of the mechanism ("NULL", "CURVE"), or nothing while it is unknown, and if the connection ended
  // without it. Does not wait.
  [[nodiscard]] std::optional<std::string> mechanism();

 private:
  zmq::socket_t stream_;
  enum class State : std::uint8_t { kIdle, kConnecting, kConnected } state_ = State::kIdle;
  std::string greeting_;  // as far as it has come
};

}  // namespace shmbus
