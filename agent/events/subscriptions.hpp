// Counts the subscriptions on one socket. libzmq keeps all of them in memory without a limit. The agent sets one:
// beyond it, the principal that has the most is disconnected.
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

// Subscriptions are counted for each connection and added up for each principal. A subscription counts until its own
// connection ends it or the kernel reports the connection as closed; a peer cannot end those of others. A closed
// connection may be counted for a while, so the count can be too high, but never too low. Single-threaded.
class Subscriptions {
 public:
  static constexpr std::size_t kBytesBeside = 64;  // counted for a subscription, beside the bytes of its topic

  // Allows `most_bytes` for all subscriptions together.
  explicit Subscriptions(std::size_t most_bytes) : most_bytes_(most_bytes), bound_(most_bytes) {}

  // Adds a subscription of `principal`; one that the connection has already does not count again. Returns true if the
  // limit is exceeded and the largest principal is to be disconnected. After that it returns true only when another
  // `most_bytes` have been added, so that the disconnected peers have time to go.
  bool began(const ConnectionId& connection, const std::string& principal, std::string_view topic);

  // Removes a subscription. Ignores one that the connection does not have: peers may send anything.
  void ended(const ConnectionId& connection, std::string_view topic);

  // Removes the subscriptions of all connections that are closed. Checks each connection.
  void forget_closed();

  // Returns the principal behind `peer`, which is the result of peer_of(). All processes of a user are one principal.
  [[nodiscard]] static std::string principal_of(std::string_view peer);

  // Returns the principal with the most bytes; "" without subscriptions.
  [[nodiscard]] std::string largest() const;

  // Returns the connections of a principal that have subscriptions.
  [[nodiscard]] std::vector<ConnectionId> connections_of(std::string_view principal) const;

  // Returns whether nobody subscribes, which makes sending pointless.
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
  std::size_t bound_;  // most_bytes_, or more while disconnected peers have not gone yet
  std::size_t bytes_ = 0;
  ByConnection by_connection_;
};

}  // namespace shmbus::agent
