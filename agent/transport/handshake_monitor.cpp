#include "agent/transport/handshake_monitor.hpp"

#include <cstdint>
#include <cstring>

#include "protocol/endpoint/random.hpp"

namespace shmbus::agent {
namespace {

constexpr int kEventsPerTurn = 1000;

const char* reason_of(std::uint16_t event, std::uint32_t value) {
  if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
    return "a peer left or fell silent before it had shown a key";
  }
  switch (value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
      return "a peer has no key: it does not offer CURVE";
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
      return "a peer has a wrong key for this agent";
    default:
      return "a peer's handshake is malformed";
  }
}

}  // namespace

HandshakeMonitor::HandshakeMonitor(zmq::context_t& context, zmq::socket_ref watched, ThrottledLog& refusals)
    : watched_(watched), refusals_(refusals), socket_(context, zmq::socket_type::pair) {
  const std::string endpoint = "inproc://shmbus.handshakes." + std::to_string(random_53_bits());
  // Without a bound, since libzmq's thread would wait for room. Each event takes a connection, and all are read soon.
  socket_.set(zmq::sockopt::rcvhwm, 0);
  socket_.set(zmq::sockopt::linger, 0);
  if (zmq_socket_monitor(watched_.handle(), endpoint.c_str(),
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) != 0) {
    throw zmq::error_t();
  }
  socket_.connect(endpoint);
}

// libzmq stops to tell before nobody listens any more.
HandshakeMonitor::~HandshakeMonitor() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

// An event is two frames: a 16-bit event and a 32-bit value, and the endpoint (zmq_socket_monitor(3)).
bool HandshakeMonitor::read(Clock::time_point now) {
  zmq::message_t told;
  zmq::message_t endpoint;
  for (int turn = 0; turn < kEventsPerTurn; ++turn) {
    if (!socket_.recv(told, zmq::recv_flags::dontwait)) {
      return false;
    }
    std::uint16_t event = 0;
    std::uint32_t value = 0;
    if (!told.more() || !socket_.recv(endpoint, zmq::recv_flags::dontwait) ||
        told.size() < sizeof event + sizeof value) {
      continue;
    }
    std::memcpy(&event, told.data(), sizeof event);
    std::memcpy(&value, static_cast<const char*>(told.data()) + sizeof event, sizeof value);
    refusals_.add_refusal("at " + endpoint.to_string(), reason_of(event, value), now);
  }
  return true;
}

}  // namespace shmbus::agent
