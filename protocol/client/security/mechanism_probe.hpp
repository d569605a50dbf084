// Which security mechanism an endpoint asks for, as its greeting says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

namespace shmbus {

// Connects beside a socket that was refused: an agent that asks for keys hangs up on who shows none, and TCP may then
// drop the greeting that said so. Half a greeting of ours has it say all of its own, and wait for the other half.
// One thread.
class MechanismProbe {
 public:
  explicit MechanismProbe(zmq::context_t& context);

  // Connects to tcp://HOST:PORT, unless it has an answer to come. Throws zmq::error_t if that is no endpoint.
  void ask(const std::string& endpoint);

  // Readable when mechanism() may know more.
  [[nodiscard]] zmq::socket_ref socket() { return stream_; }

  // Its name (RFC 23: "NULL", "CURVE"), once that is known; nothing before, nor if the connection ended without it.
  // Does not wait.
  [[nodiscard]] std::optional<std::string> mechanism();

 private:
  zmq::socket_t stream_;
  enum class State : std::uint8_t { kIdle, kConnecting, kConnected } state_ = State::kIdle;
  std::string greeting_;  // as far as it has come
};

}  // namespace shmbus
