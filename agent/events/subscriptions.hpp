// Which connection subscribes to what on one socket: how much libzmq keeps of that is bounded, and who has most is cut
// off beyond it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/transport/connection_limiter.hpp"

namespace shmbus::agent {

// One thread. A descriptor says nothing about who asks, but with its cookie it tells connections apart. What is there
// may be counted for a while after its connection was closed, but never too little: only the connection itself ends a
// subscription, or its end, which the kernel tells and not a peer.
class Subscriptions {
 public:
  static constexpr std::size_t kBytesBeside = 64;  // that one counts beside those of its topic

  explicit Subscriptions(std::size_t most_bytes) : most_bytes_(most_bytes), bound_(most_bytes) {}

  // `peer` is what the socket says of who connected, see peer_of(). What a connection has twice counts once. Returns
  // true if there is too much: once when the bound is passed, and again only after as much again, so that who is cut
  // off has time to go.
  bool began(const ConnectionId& connection, std::string_view peer, std::string_view topic);

  // What is not there, a peer may claim to end.
  void ended(const ConnectionId& connection, std::string_view topic);

  void forget_closed();

  // Who has most, all processes of a user being one, and all its connections.
  struct Largest {
    std::string principal;
    std::vector<ConnectionId> connections;
  };
  [[nodiscard]] Largest largest() const;

  [[nodiscard]] bool empty() const { return by_connection_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Held {
    std::string principal;
    std::size_t bytes = 0;
    std::set<std::string, std::less<>> topics;
  };
  using ByConnection = std::map<ConnectionId, Held>;

  void took_away(std::size_t bytes);

  const std::size_t most_bytes_;
  std::size_t bound_;
  std::size_t bytes_ = 0;
  ByConnection by_connection_;
};

}  // namespace shmbus::agent
