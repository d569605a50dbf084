// Whether the agent refused a connection, which libzmq keeps to itself: it neither tells nor tries again.
#pragma once

#include <cstdint>
#include <optional>
#include <zmq.hpp>

#include "protocol/client/security/mechanism_probe.hpp"
#include "protocol/client/socket_monitor.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// What an agent may have against a connection: it does not know the key; it asks for one and none was shown; it has
// another key than it is thought to have; it uses no keys and one was shown; anything else.
enum class Refusal : std::uint8_t { kUnknownKey, kNeedsKey, kOtherAgent, kUsesNoKeys, kOther };

// Watches one socket of a client. Make it before the socket connects.
class RefusalWatch {
 public:
  // `socket` must outlive it. `with_key`: it has CURVE keys.
  RefusalWatch(zmq::context_t& context, zmq::socket_ref socket, bool with_key);

  // Both are readable when there may be a refusal.
  [[nodiscard]] zmq::socket_ref socket() { return monitor_.socket(); }
  [[nodiscard]] zmq::socket_ref probe() { return probe_.socket(); }

  // The first refusal, if there was one. Does not wait.
  [[nodiscard]] std::optional<Refusal> refusal();

 private:
  bool with_key_;
  SocketMonitor monitor_;
  MechanismProbe probe_;  // for an agent that hung up without a word
  int hang_ups_ = 0;      // in a row
  std::optional<Refusal> refusal_;
};

// That refusal by the agent at `address`, for people: kPermissionDenied.
[[nodiscard]] Error error_of(Refusal refusal, const std::string& address);

}  // namespace shmbus
