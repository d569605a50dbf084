// Counts and logs the connections to one socket with keys that libzmq refuses without asking the ZapHandler: peers that
// offer another mechanism than CURVE, that have a wrong key for the agent itself, or that speak no ZMTP.
#pragma once

#include <zmq.hpp>

#include "agent/base/throttled_log.hpp"
#include "protocol/client/socket_monitor.hpp"

namespace shmbus::agent {

// One thread, the one of the socket. libzmq 4.3 does not tell who such a peer was, so for the log the endpoint is the
// peer. What the ZapHandler refused is not counted here.
class HandshakeMonitor {
 public:
  // Borrows all three. `watched` must outlive it, and be monitored by nobody else.
  HandshakeMonitor(zmq::context_t& context, zmq::socket_ref watched, ThrottledLog& refusals);

  // Takes what was told, without blocking. Returns whether there may be more.
  bool read(Clock::time_point now);

  [[nodiscard]] zmq::socket_ref socket() { return monitor_.socket(); }

 private:
  ThrottledLog& refusals_;
  SocketMonitor monitor_;
};

}  // namespace shmbus::agent
