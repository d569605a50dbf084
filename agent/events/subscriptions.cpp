#include "agent/events/subscriptions.hpp"

#include <algorithm>

#include "agent/access/caller.hpp"

namespace shmbus::agent {
namespace {

std::size_t cost_of(std::string_view topic) { return topic.size() + Subscriptions::kBytesBeside; }

}  // namespace

std::string Subscriptions::principal_of(std::string_view peer) {
  const std::optional<Caller> local = caller_from_peer_address(peer);
  return local ? local->principal : std::string(peer);
}

bool Subscriptions::began(const ConnectionId& connection, const std::string& principal, std::string_view topic) {
  const auto [found, is_new] = by_connection_.try_emplace(connection);
  Held& held = found->second;
  if (is_new) {
    held.principal = principal;
  }
  if (held.topics.contains(topic)) {
    return false;
  }
  held.topics.emplace(topic);
  held.bytes += cost_of(topic);
  bytes_ += cost_of(topic);
  if (bytes_ > bound_) {
    forget_closed();
  }
  if (bytes_ <= bound_) {
    return false;
  }
  bound_ = bytes_ + most_bytes_;
  return true;
}

void Subscriptions::ended(const ConnectionId& connection, std::string_view topic) {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) {
    return;
  }
  Held& held = found->second;
  const auto ended = held.topics.find(topic);
  if (ended == held.topics.end()) {
    return;
  }
  held.topics.erase(ended);
  held.bytes -= cost_of(topic);
  took_away(cost_of(topic));
  if (held.topics.empty()) {
    by_connection_.erase(found);
  }
}

void Subscriptions::forget_closed() {
  for (auto next = by_connection_.begin(); next != by_connection_.end();) {
    const auto& [connection, held] = *next;
    if (is_open(connection)) {
      ++next;
    } else {
      took_away(held.bytes);
      next = by_connection_.erase(next);
    }
  }
}

void Subscriptions::took_away(std::size_t bytes) {
  bytes_ -= bytes;
  if (bytes_ <= most_bytes_) {
    bound_ = most_bytes_;
  }
}

std::string Subscriptions::largest() const {
  std::map<std::string_view, std::size_t> bytes;
  for (const auto& [connection, held] : by_connection_) {
    bytes[held.principal] += held.bytes;
  }
  const auto most = std::max_element(bytes.begin(), bytes.end(),
                                     [](const auto& one, const auto& other) { return one.second < other.second; });
  return most == bytes.end() ? "" : std::string(most->first);
}

std::vector<ConnectionId> Subscriptions::connections_of(std::string_view principal) const {
  std::vector<ConnectionId> connections;
  for (const auto& [connection, held] : by_connection_) {
    if (held.principal == principal) {
      connections.push_back(connection);
    }
  }
  return connections;
}

}  // namespace shmbus::agent
