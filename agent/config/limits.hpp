// Every limit of the agent's own: those that are fixed, and those that options set, with their defaults. The limits of
// the wire are in protocol/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>

#include "protocol/limits.hpp"

namespace shmbus::agent {

inline constexpr std::chrono::seconds kLongestLease{limits::kMaxLeaseMs / 1000};

// Endpoints of each kind: each event is sent to all of them.
inline constexpr std::size_t kMaxEndpoints = 16;
// Routing frames before a request, the empty one included: each proxy on the way adds one.
inline constexpr std::size_t kMaxEnvelopeParts = 8;
// Requests of one client that wait; then its connection is not read.
inline constexpr int kRequestQueue = 1000;
// Replies that a client may be behind; further ones are dropped, since nobody waits for it.
inline constexpr int kReplyQueue = 2000;
// Messages that a subscriber may be behind; further ones are dropped, and it asks for a replay.
inline constexpr int kEventQueue = 10'000;
// `once` values remembered per principal: 1000 a second for a minute.
inline constexpr std::size_t kMaxOnceValues = 65'536;
// Bytes of replies remembered with them: several of the largest batch.
inline constexpr std::size_t kMaxOnceBytes = std::size_t{16} << 20;
// Bytes of a message from a subscriber: topics are shorter, but libzmq counts the handshake as well, and with keys that
// is 276 and what names the peer.
inline constexpr std::size_t kMaxSubscriptionMessageBytes = 1024;
// Descriptors: RLIMIT_NOFILE is raised to this, as far as it may be.
inline constexpr std::size_t kOpenFiles = 65'536;

struct Limits {
  // Set by options.
  std::size_t attachments = 4096;  // held at a time, in all
  std::size_t attachments_per_principal = 1024;
  std::chrono::seconds lease = kLongestLease;  // the longest, whatever is asked for
  std::chrono::seconds once_lifetime{60};
  std::size_t replay_bytes = std::size_t{16} << 20;       // events kept for replay
  std::size_t subscription_bytes = std::size_t{4} << 20;  // of all subscriptions at one endpoint
  std::size_t connections = 8192;                         // open at a time, commands and events together; 0: no cap
  std::size_t connections_per_uid = 2048;                 // the same of one local user
  double requests_per_second = 50'000;                    // of one principal where others are served too; 0: no limit

  // Fixed but in tests.
  std::chrono::milliseconds handshake{3000};  // for a connection to say who it is
  std::chrono::milliseconds linger{1000};     // for the last messages, at the end
  int backlog = 1024;                         // connections that wait to be accepted
  std::chrono::milliseconds turn{5};          // of serving requests, before timers and events get theirs
};

}  // namespace shmbus::agent
