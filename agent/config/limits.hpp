// The agent's own limits. The constants are fixed; the members of Limits have their defaults here and are set by
// options, except the last group. The limits of the wire are in protocol/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>

#include "protocol/limits.hpp"

namespace shmbus::agent {

// The longest lease that a request can ask for. --max-lease can only lower it.
inline constexpr std::chrono::seconds kLongestLease{limits::kMaxLeaseMs / 1000};

// Endpoints of each kind. Every event is sent to all events endpoints.
inline constexpr std::size_t kMaxEndpoints = 16;
// Routing frames before a request, the empty one included. Each proxy on the way adds one. A message with more is
// dropped.
inline constexpr std::size_t kMaxEnvelopeParts = 8;
// Requests of one client queued in libzmq. Beyond that its connection is not read.
inline constexpr int kRequestQueue = 64;
// Requests of one principal that wait to be served, and their bytes. Further ones get kBusy.
inline constexpr std::size_t kMaxQueuedRequests = 4096;
inline constexpr std::size_t kMaxQueuedBytes = std::size_t{16} << 20;
// How long a batch runs without the requests of other principals in between; then they get turns between its requests.
inline constexpr std::chrono::milliseconds kBatchAlone{40};
// Subscriptions of one subscriber queued in libzmq. An XPUB reads a queue until it is empty, so a subscriber that fills
// a long one faster than it is read would keep the thread there for ever.
inline constexpr int kSubscriptionQueue = 16;
// Subscriptions and ends of subscriptions of one principal: at once, and then in a second. Beyond that its connections
// are cut. A client that reconnects may have thousands.
inline constexpr double kSubscriptionBurst = 65'536;
inline constexpr double kSubscriptionsPerSecond = 5000;
// Bytes of replies to one principal that it has not read. Beyond that its connections are cut.
inline constexpr std::size_t kMaxUnreadBytes = std::size_t{64} << 20;
// Connections beyond --max-connections for root and the agent's own user.
inline constexpr std::size_t kReservedConnections = 64;
// Replies queued for one client. Further ones are dropped, because the agent never waits for a client.
inline constexpr int kReplyQueue = 2000;
// Messages queued for one subscriber. Further ones are dropped; the subscriber sees the gap and asks for a replay.
inline constexpr int kEventQueue = 10'000;
// `once` values remembered for one principal: 1000 a second for a minute.
inline constexpr std::size_t kMaxOnceValues = 65'536;
// Bytes of the replies remembered with them, for one principal: several of the largest batch.
inline constexpr std::size_t kMaxOnceBytes = std::size_t{16} << 20;
// Bytes of one message from a subscriber. Topics are shorter, but libzmq applies the limit to the handshake as well,
// which with CURVE takes 276 bytes plus the identity of the peer.
inline constexpr std::size_t kMaxSubscriptionMessageBytes = 1024;
// Descriptors: the soft RLIMIT_NOFILE is raised to this, or as far as the hard one permits.
inline constexpr std::size_t kOpenFiles = 65'536;

struct Limits {
  // Set by options.
  std::size_t attachments = 4096;  // held at a time, for all principals together
  std::size_t attachments_per_principal = 1024;
  std::chrono::seconds lease = kLongestLease;  // the longest that is granted, whatever the request asks for
  std::chrono::seconds once_lifetime{60};
  std::size_t replay_bytes = std::size_t{16} << 20;       // of events kept for replay
  std::size_t subscription_bytes = std::size_t{4} << 20;  // of all subscriptions at one endpoint
  std::size_t connections = 8192;          // open at a time, commands and events together; 0: bounded by descriptors
  std::size_t connections_per_uid = 2048;  // of one local user; 0: no limit
  double requests_per_second = 50'000;     // of one principal, except on private sockets; 0: no limit

  // Fixed; only tests change them.
  std::chrono::milliseconds handshake{3000};  // for a new connection to identify itself
  std::chrono::milliseconds linger{1000};     // for libzmq to send the last messages when the agent stops
  int backlog = 1024;                         // connections that wait to be accepted, see listen(2)
  std::chrono::milliseconds turn{5};          // of serving requests before timers and events are served
};

}  // namespace shmbus::agent
