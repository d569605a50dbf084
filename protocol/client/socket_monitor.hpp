// A monitor of one socket's connections, as libzmq reports them: zmq_socket_monitor(3). The agent uses it too, without
// linking the client library, so it is a header alone.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "protocol/endpoint/random.hpp"

namespace shmbus {

struct MonitorEvent {
  // One of ZMQ_EVENT_*.
  std::uint16_t event = 0;
  // An errno, a protocol error (ZMQ_PROTOCOL_ERROR_*) or a descriptor, depending on the event.
  std::uint32_t value = 0;
  // The address of the affected connection or listener.
  std::string endpoint;
};

// Owns the socket on which libzmq reports. It belongs to the thread of the watched socket. Failures of ZeroMQ are
// thrown as zmq::error_t.
class SocketMonitor {
 public:
  // Starts to report the kinds in `events`, a set of ZMQ_EVENT_* bits. `watched` must outlive the monitor and have no
  // other one.
  SocketMonitor(zmq::context_t& context, zmq::socket_ref watched, int events)
      : watched_(watched), socket_(context, zmq::socket_type::pair) {
    const std::string endpoint = "inproc://shmbus.monitor." + std::to_string(random_53_bits());
    socket_.set(zmq::sockopt::rcvhwm, 0);  // unbounded: a full queue would block libzmq's thread
    socket_.set(zmq::sockopt::linger, 0);
    if (zmq_socket_monitor(watched_.handle(), endpoint.c_str(), events) != 0) {
      throw zmq::error_t();
    }
    socket_.connect(endpoint);
  }
  SocketMonitor(const SocketMonitor&) = delete;
  SocketMonitor& operator=(const SocketMonitor&) = delete;
  // Stops the reports before the socket that receives them closes.
  ~SocketMonitor() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

  // Returns the next event, or nothing if none is waiting. It comes in two frames: a 16-bit event with a 32-bit value,
  // and the endpoint.
  [[nodiscard]] std::optional<MonitorEvent> next() {
    zmq::message_t frame;
    zmq::message_t endpoint;
    MonitorEvent next;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait) || !socket_.recv(endpoint, zmq::recv_flags::dontwait) ||
        frame.size() < sizeof next.event + sizeof next.value) {
      return std::nullopt;
    }
    std::memcpy(&next.event, frame.data(), sizeof next.event);
    std::memcpy(&next.value, frame.data<char>() + sizeof next.event, sizeof next.value);
    next.endpoint = endpoint.to_string();
    return next;
  }

  // Returns the socket to poll: it is readable when an event may be waiting.
  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

 private:
  zmq::socket_ref watched_;
  zmq::socket_t socket_;
};

}  // namespace shmbus
