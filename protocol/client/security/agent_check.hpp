// Whether who answers may be the agent. On ipc libzmq attaches the kernel's word on the process that listens, taken
// when it began to, to every message as the property Peer-Address: "localhost:UID:GID:PID". On other transports nobody
// can be told from the agent but by its CURVE key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// This process's effective uid.
[[nodiscard]] std::uint32_t own_uid();

// One connection's view. Cheap to ask for each message: the address that was last found good is remembered.
class AgentCheck {
 public:
  // `address`: the ZeroMQ address that is connected to. `agent_user`: a uid that the agent may have besides `uid`, the
  // client's own, and root's.
  explicit AgentCheck(std::string address, std::optional<std::uint32_t> agent_user = {}, std::uint32_t uid = own_uid());

  // Success if a message whose Peer-Address is `peer_address` may be used. Errors: kPermissionDenied with the endpoint
  // and the uid that answers there.
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
