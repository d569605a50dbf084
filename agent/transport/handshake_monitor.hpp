// Counts and logs the connections that libzmq rejects on a socket with keys before it asks the ZapHandler: those of
// peers that do not offer CURVE, have a wrong key for the agent itself, or do not speak ZMTP.
#pragma once

#include <zmq.hpp>

#include "agent/base/throttled_log.hpp"
#include "protocol/client/socket_monitor.hpp"

namespace shmbus::agent {

// A monitor of one socket, see zmq_socket_monitor(3). libzmq 4.3 does not identify the peer of a failed handshake, so
// the log names the endpoint in its place. Connections that the ZapHandler rejects are not counted here.
// Single-threaded: it belongs to the thread of the socket.
class HandshakeMonitor {
 public:
  // Borrows all three. `watched` must outlive the monitor and can have no other one. Throws zmq::error_t.
  HandshakeMonitor(zmq::context_t& context, zmq::socket_ref watched, ThrottledLog& refusals);

  // Reads the pending events, up to a fixed number, without blocking. `now` is for the log. Returns whether more may be
  // pending.
  bool read(Clock::time_point now);

  // Returns the socket that becomes readable when events may be pending.
  [[nodiscard]] zmq::socket_ref socket() { return monitor_.socket(); }

 private:
  ThrottledLog& refusals_;
  SocketMonitor monitor_;
};

}  // namespace shmbus::agent
