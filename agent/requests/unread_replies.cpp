#include "agent/requests/unread_replies.hpp"

namespace shmbus::agent {

std::shared_ptr<UnreadBytes> UnreadReplies::counter_of(const std::string& principal) {
  return by_principal_.try_emplace(principal).first->second.unread;
}

std::vector<ConnectionId> UnreadReplies::sending(const std::string& principal, const ConnectionId& connection) {
  Principal& own = by_principal_.try_emplace(principal).first->second;
  own.connections.insert(connection);
  if (own.unread->bytes <= most_bytes_) {
    return {};
  }
  std::vector<ConnectionId> all(own.connections.begin(), own.connections.end());
  own.connections.clear();
  return all;
}

void UnreadReplies::forget_idle() {
  std::erase_if(by_principal_, [](const auto& entry) { return entry.second.unread->bytes == 0; });
}

}  // namespace shmbus::agent
