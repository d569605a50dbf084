// Every limit of the agent's own, and its default. The limits of the wire are in protocol/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>

#include "protocol/limits.hpp"

namespace shmbus::agent {

inline constexpr std::chrono::seconds kLongestLease{limits::kMaxLeaseMs / 1000};

struct Limits {
  std::size_t attachments = 4096;  // held at a time, in all
  std::size_t attachments_per_principal = 1024;
  std::chrono::seconds lease = kLongestLease;        // the longest, whatever is asked for
  std::size_t replay_bytes = std::size_t{16} << 20;  // events kept for replay
  std::size_t once_values = 65536;                   // remembered per principal
  std::size_t once_bytes = std::size_t{16} << 20;    // of replies remembered per principal
  std::chrono::seconds once_lifetime{60};
  int event_queue = 10000;   // messages that a subscriber may be behind before events are dropped
  int reply_queue = 2000;    // the same for replies to one client
  int request_queue = 1000;  // requests per client before it has to wait
  std::size_t message_bytes = limits::kMaxMessageBytes;  // one request; the connection ends before memory is taken
  UnpackLimits unpack;                                   // of one request
  std::size_t envelope_parts = 8;                        // routing frames before a request
  int backlog = 1024;                                    // connections that wait to be accepted
  std::chrono::milliseconds handshake{3000};             // for a connection to say who it is
  std::chrono::milliseconds linger{1000};                // for the last messages, at the end
  std::size_t subscription_message_bytes =
      1024;  // of a subscriber: topics are shorter, but libzmq counts the handshake
             // as well, and with keys that is 276 and what names the peer
  std::size_t subscription_bytes = std::size_t{4} << 20;  // of all subscriptions at one endpoint
  std::chrono::milliseconds turn{5};                      // of serving requests, before timers and events get theirs
  std::size_t endpoints = 16;                             // of each kind
  std::size_t connections = 8192;                         // open at a time, commands and events together; 0: no cap
  std::size_t connections_per_uid = 2048;                 // the same of one local user
  double requests_per_second = 50'000;                    // of one principal where others are served too; 0: no limit
  std::size_t open_files = 65536;                         // RLIMIT_NOFILE is raised to this, as far as it may be
};

}  // namespace shmbus::agent
