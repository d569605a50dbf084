// A watch for connections that the agent rejects. libzmq neither reports them to the socket nor connects again, so that
// without the watch a client would wait for its whole timeout and could not say why.
#pragma once

#include <cstdint>
#include <optional>
#include <zmq.hpp>

#include "protocol/client/security/mechanism_probe.hpp"
#include "protocol/client/socket_monitor.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// The reasons for a rejection.
enum class Refusal : std::uint8_t {
  // The client's key is not among those that the agent allows.
  kUnknownKey,
  // The agent requires a key, and the client has none.
  kNeedsKey,
  // The agent's key is not the one that the client has for it.
  kOtherAgent,
  // The client has keys, and the agent uses none.
  kUsesNoKeys,
  kOther
};

// Watches one socket of a client by its monitor and, where the agent closed the connection without a reason, by a probe
// of the agent's mechanism. Make it before the socket connects. It belongs to the thread of the socket.
class RefusalWatch {
 public:
  // `socket` must outlive the watch. `with_key` says that the socket has CURVE keys.
  RefusalWatch(zmq::context_t& context, zmq::socket_ref socket, bool with_key);

  // Return the sockets to poll: either one is readable when there may be a rejection.
  [[nodiscard]] zmq::socket_ref socket() { return monitor_.socket(); }
  [[nodiscard]] zmq::socket_ref probe() { return probe_.socket(); }

  // Returns the first rejection, or nothing if there was none so far. Does not wait.
  [[nodiscard]] std::optional<Refusal> refusal();

 private:
  bool with_key_;
  SocketMonitor monitor_;
  MechanismProbe probe_;  // for an agent that closed without a reason
  int hang_ups_ = 0;      // in a row
  std::optional<Refusal> refusal_;
};

// Returns the error for a rejection by the agent at `address`: kPermissionDenied, with advice on the keys.
[[nodiscard]] Error error_of(Refusal refusal, const std::string& address);

}  // namespace shmbus
