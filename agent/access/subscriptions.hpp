// Who subscribes to what on one socket: how much libzmq keeps of that is bounded, and who has most is cut off beyond
// it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace shmbus::agent {

// A subscription is one peer's to one topic, and may be there several times. `peer` is what the socket says of it, see
// peer_of(). One thread.
class Subscriptions {
 public:
  static constexpr std::size_t kBytesBeside = 64;  // that one counts beside those of its topic

  explicit Subscriptions(std::size_t most_bytes) : most_bytes_(most_bytes), bound_(most_bytes) {}

  // Returns who has most, if there is too much: once when the bound is passed, and again only after as much again, so
  // that who is cut off has time to go.
  std::optional<std::string> began(std::string_view peer, std::string_view topic);

  // With an empty `peer`, one that ended with its connection: libzmq does not say whose it was. What is not there, a
  // peer may claim to end.
  void ended(std::string_view peer, std::string_view topic);

  [[nodiscard]] bool empty() const { return by_topic_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  using Peers = std::map<std::string, std::size_t, std::less<>>;  // how often each

  [[nodiscard]] std::string largest() const;

  const std::size_t most_bytes_;
  std::size_t bound_;
  std::size_t bytes_ = 0;
  std::map<std::string, Peers, std::less<>> by_topic_;
};

}  // namespace shmbus::agent
