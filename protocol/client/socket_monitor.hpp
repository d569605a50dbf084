// A monitor of one socket's connections, as libzmq reports them: zmq_socket_monitor(3). Used by both ends, so it is a
// header alone: the agent does not link the client library.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "protocol/endpoint/random.hpp"

namespace shmbus {

struct MonitorEvent {
  std::uint16_t event = 0;  // one of ZMQ_EVENT_*
  std::uint32_t value = 0;  // what the event carries: an errno, a protocol error, a descriptor
  std::string endpoint;
};

// One thread, the one of the watched socket.
class SocketMonitor {
 public:
  // Reports those of `events` that happen from now on. `watched` must outlive it, and have no other monitor.
  SocketMonitor(zmq::context_t& context, zmq::socket_ref watched, int events)
      : watched_(watched), socket_(context, zmq::socket_type::pair) {
    const std::string endpoint = "inproc://shmbus.monitor." + std::to_string(random_53_bits());
    socket_.set(zmq::sockopt::rcvhwm, 0);  // without a bound, since libzmq's thread would wait for room
    socket_.set(zmq::sockopt::linger, 0);
    if (zmq_socket_monitor(watched_.handle(), endpoint.c_str(), events) != 0) {
      throw zmq::error_t();
    }
    socket_.connect(endpoint);
  }
  SocketMonitor(const SocketMonitor&) = delete;
  SocketMonitor& operator=(const SocketMonitor&) = delete;
  // libzmq stops reporting before nobody listens any more.
  ~SocketMonitor() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

  // The next event, if there is one. Two frames: a 16-bit event with a 32-bit value, and the endpoint.
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

  // Readable when there may be an event.
  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

 private:
  zmq::socket_ref watched_;
  zmq::socket_t socket_;
};

}  // namespace shmbus
