#include "protocol/client/security/agent_check.hpp"

#include <unistd.h>

#include "protocol/endpoint/peer_address.hpp"

namespace shmbus {

std::uint32_t own_uid() { return ::geteuid(); }

AgentCheck::AgentCheck(std::string address, std::optional<std::uint32_t> agent_user, std::uint32_t uid)
    : address_(std::move(address)), knows_peers_(address_.starts_with("ipc://")), agent_user_(agent_user), uid_(uid) {}

Result<void> AgentCheck::admit(std::string_view peer_address) {
  if (!knows_peers_ || (peer_address == last_good_ && !last_good_.empty())) {
    return {};
  }
  const std::optional<PeerAddress> peer = parse_peer_address(peer_address);
  if (!peer) {
    return Error{ErrorCode::kPermissionDenied, "the owner of the agent at " + address_ + " cannot be determined"};
  }
  if (!trusts(peer->uid)) {
    const std::string whose = std::to_string(peer->uid);
    return Error{ErrorCode::kPermissionDenied,
                 "the agent at " + address_ + " runs as uid " + whose + ", not as you or root" +
                     (agent_user_ ? " or uid " + std::to_string(*agent_user_) : ""),
                 "if that user may run the agent, name it: --agent-user " + whose + " or SHMBUS_AGENT_USER"};
  }
  last_good_ = peer_address;
  return {};
}

}  // namespace shmbus
