// Checks that the answering peer is a trusted agent. On ipc libzmq attaches the peer's credentials to every message as
// the property Peer-Address (endpoint/peer_address.hpp). They come from the kernel, which recorded them when the
// process began to listen. On other transports only its CURVE key identifies the agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// Returns this process's effective uid.
[[nodiscard]] std::uint32_t own_uid();

// The check for one connection. It is cheap for each message, since it remembers the address that it accepted last. Not
// thread-safe.
class AgentCheck {
 public:
  // `address` is the ZeroMQ address of the connection. `agent_user` is a uid that the agent may have besides root's and
  // `uid`, which is the client's own.
  explicit AgentCheck(std::string address, std::optional<std::uint32_t> agent_user = {}, std::uint32_t uid = own_uid());

  // Accepts a message whose Peer-Address is `peer_address`; on transports other than ipc it accepts every message.
  // Errors: kPermissionDenied with the endpoint and the uid of the peer.
  [[nodiscard]] Result<void> admit(std::string_view peer_address);

 private:
  [[nodiscard]] bool trusts(std::uint32_t uid) const { return uid == uid_ || uid == 0 || uid == agent_user_; }

  std::string address_;
  bool knows_peers_;  // the transport is ipc
  std::optional<std::uint32_t> agent_user_;
  std::uint32_t uid_;
  std::string last_good_;
};

}  // namespace shmbus
