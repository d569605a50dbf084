#include "protocol/client/security/agent_check.hpp"

#include <unistd.h>

#include <charconv>

namespace shmbus {
namespace {

constexpr std::string_view kLocalPrefix = "localhost:";

std::optional<std::uint32_t> uid_in(std::string_view peer_address) {
  if (!peer_address.starts_with(kLocalPrefix)) {
    return std::nullopt;
  }
  peer_address.remove_prefix(kLocalPrefix.size());
  std::uint32_t uid = 0;
  const char* const last = peer_address.data() + peer_address.size();
  const auto [end, error] = std::from_chars(peer_address.data(), last, uid);
  return error == std::errc() && end != last && *end == ':' ? std::optional(uid) : std::nullopt;
}

}  // namespace

std::uint32_t own_uid() { return ::geteuid(); }

AgentCheck::AgentCheck(std::string address, std::optional<std::uint32_t> agent_user, std::uint32_t uid)
    : address_(std::move(address)), knows_peers_(address_.starts_with("ipc://")), agent_user_(agent_user), uid_(uid) {}

Result<void> AgentCheck::admit(std::string_view peer_address) {
  if (!knows_peers_ || (peer_address == last_good_ && !last_good_.empty())) {
    return {};
  }
  const std::optional<std::uint32_t> uid = uid_in(peer_address);
  if (!uid) {
    return Error{ErrorCode::kPermissionDenied, "nobody tells whose the agent at " + address_ + " is"};
  }
  if (!trusts(*uid)) {
    const std::string whose = std::to_string(*uid);
    return Error{ErrorCode::kPermissionDenied,
                 "the agent at " + address_ + " belongs to uid " + whose + ", not to you or root" +
                     (agent_user_ ? " or uid " + std::to_string(*agent_user_) : ""),
                 "if that user is to run the agent, name it: --agent-user " + whose + " or SHMBUS_AGENT_USER"};
  }
  last_good_ = peer_address;
  return {};
}

}  // namespace shmbus
