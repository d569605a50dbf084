// A ZeroMQ client, in a context of its own, that reports how its handshakes end.
#pragma once

#include <optional>
#include <zmq.hpp>

#include "protocol/client/socket_monitor.hpp"

namespace shmbus {

struct MonitoredClient {
  explicit MonitoredClient(zmq::socket_type type = zmq::socket_type::req) : socket(context, type) {
    socket.set(zmq::sockopt::linger, 0);
  }

  // Returns the outcome of the next handshake that has ended, as one of the events below; nothing if there is none.
  std::optional<int> end_of_handshake() {
    const std::optional<MonitorEvent> event = monitor.next();
    return event ? std::optional<int>(event->event) : std::nullopt;
  }

  zmq::context_t context;
  zmq::socket_t socket;
  SocketMonitor monitor{context, socket,
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                            ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL};
};

}  // namespace shmbus
