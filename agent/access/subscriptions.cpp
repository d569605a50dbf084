#include "agent/access/subscriptions.hpp"

#include <algorithm>

#include "agent/access/principal.hpp"

namespace shmbus::agent {
namespace {

std::size_t cost_of(std::string_view topic) { return topic.size() + Subscriptions::kBytesBeside; }

template <class Map>
auto& entry_of(Map& map, std::string_view key) {
  const auto found = map.find(key);
  return found != map.end() ? found->second : map[std::string(key)];
}

// All processes of a user are one.
std::string principal_of(const std::string& peer) {
  const std::optional<Caller> local = caller_from_peer_address(peer);
  return local ? local->principal : peer;
}

}  // namespace

std::optional<std::string> Subscriptions::began(std::string_view peer, std::string_view topic) {
  ++entry_of(entry_of(by_topic_, topic), peer);
  bytes_ += cost_of(topic);
  if (bytes_ <= bound_) {
    return std::nullopt;
  }
  bound_ = bytes_ + most_bytes_;
  return largest();
}

void Subscriptions::ended(std::string_view peer, std::string_view topic) {
  const auto peers = by_topic_.find(topic);
  if (peers == by_topic_.end()) {
    return;
  }
  const auto found = peer.empty() ? peers->second.begin() : peers->second.find(peer);
  if (found == peers->second.end()) {
    return;
  }
  if (--found->second == 0) {
    peers->second.erase(found);
  }
  if (peers->second.empty()) {
    by_topic_.erase(peers);
  }
  bytes_ -= cost_of(topic);
  if (bytes_ <= most_bytes_) {
    bound_ = most_bytes_;
  }
}

std::string Subscriptions::largest() const {
  std::map<std::string, std::size_t> bytes;
  for (const auto& [topic, peers] : by_topic_) {
    for (const auto& [peer, times] : peers) {
      bytes[principal_of(peer)] += times * cost_of(topic);
    }
  }
  return std::max_element(bytes.begin(), bytes.end(),
                          [](const auto& one, const auto& other) { return one.second < other.second; })
      ->first;
}

}  // namespace shmbus::agent
