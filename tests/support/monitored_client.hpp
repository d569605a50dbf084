// A ZeroMQ client in a context of its own that tells how its handshakes end.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <zmq.hpp>

namespace shmbus {

struct MonitoredClient {
  explicit MonitoredClient(zmq::socket_type type = zmq::socket_type::req) : socket(context, type) {
    socket.set(zmq::sockopt::linger, 0);
    monitor.set(zmq::sockopt::linger, 0);
    monitor.set(zmq::sockopt::rcvhwm, 0);
    constexpr int kEnds = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    zmq_socket_monitor(socket.handle(), "inproc://handshakes", kEnds);
    monitor.connect("inproc://handshakes");
  }
  MonitoredClient(const MonitoredClient&) = delete;
  MonitoredClient& operator=(const MonitoredClient&) = delete;
  MonitoredClient(MonitoredClient&&) = delete;
  MonitoredClient& operator=(MonitoredClient&&) = delete;
  ~MonitoredClient() { zmq_socket_monitor(socket.handle(), nullptr, 0); }

  // How the next handshake ended, as one of the events above; nothing if none has yet.
  std::optional<int> end_of_handshake() {
    zmq::message_t event;
    zmq::message_t endpoint;
    if (!monitor.recv(event, zmq::recv_flags::dontwait) || !monitor.recv(endpoint, zmq::recv_flags::dontwait)) {
      return std::nullopt;
    }
    std::uint16_t number = 0;
    std::memcpy(&number, event.data(), sizeof number);
    return number;
  }

  zmq::context_t context;
  zmq::socket_t socket;
  zmq::socket_t monitor{context, zmq::socket_type::pair};
};

}  // namespace shmbus
