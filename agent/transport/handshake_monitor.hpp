// Counts and logs the connections to one socket with keys that libzmq refuses without asking the ZapHandler: peers that
// offer another mechanism than CURVE, that have a wrong key for the agent itself, or that speak no ZMTP.
#pragma once

#include <string>
#include <zmq.hpp>

#include "agent/base/throttled_log.hpp"

namespace shmbus::agent {

// One thread, the one of the socket. libzmq 4.3 does not tell who such a peer was, so for the log the endpoint is the
// peer. What the ZapHandler refused is not counted here.
class HandshakeMonitor {
 public:
  // Borrows all three. `watched` must outlive it, and be monitored by nobody else.
  HandshakeMonitor(zmq::context_t& context, zmq::socket_ref watched, ThrottledLog& refusals);
  HandshakeMonitor(const HandshakeMonitor&) = delete;
  HandshakeMonitor& operator=(const HandshakeMonitor&) = delete;
  ~HandshakeMonitor();

  // Takes what was told, without blocking. Returns whether there may be more.
  bool read(Clock::time_point now);

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

 private:
  zmq::socket_ref watched_;
  ThrottledLog& refusals_;
  zmq::socket_t socket_;
};

}  // namespace shmbus::agent
