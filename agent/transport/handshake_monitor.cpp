#include "agent/transport/handshake_monitor.hpp"

namespace shmbus::agent {
namespace {

constexpr int kEventsPerTurn = 1000;

const char* reason_of(const MonitorEvent& event) {
  if (event.event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
    return "it disconnected or fell silent before it presented a key";
  }
  switch (event.value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
      return "it does not offer CURVE, so it has no key";
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
      return "it uses a wrong public key for this agent";
    default:
      return "its handshake is malformed";
  }
}

}  // namespace

HandshakeMonitor::HandshakeMonitor(zmq::context_t& context, zmq::socket_ref watched, ThrottledLog& refusals)
    : refusals_(refusals),
      monitor_(context, watched, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {}

bool HandshakeMonitor::read(Clock::time_point now) {
  for (int turn = 0; turn < kEventsPerTurn; ++turn) {
    const std::optional<MonitorEvent> event = monitor_.next();
    if (!event) {
      return false;
    }
    refusals_.add_refusal("a peer at " + event->endpoint, reason_of(*event), now);
  }
  return true;
}

}  // namespace shmbus::agent
