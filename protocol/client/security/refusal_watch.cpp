#include "protocol/client/security/refusal_watch.hpp"

#include <cstring>
#include <string>

namespace shmbus {
namespace {

constexpr int kEnoughHangUps = 3;  // in a row; one or two may be those of an agent that is being restarted

// One socket, one watch: no two of them are alive at the same place.
std::string endpoint_of(zmq::socket_ref socket) {
  return "inproc://shmbus.refusals." + std::to_string(reinterpret_cast<std::uintptr_t>(socket.handle()));
}

// What an event of the monitor says: a 16-bit event and a 32-bit value (zmq_socket_monitor(3)).
struct MonitorEvent {
  std::uint16_t event = 0;
  std::uint32_t value = 0;
};

std::optional<MonitorEvent> event_in(const zmq::message_t& frame) {
  MonitorEvent told;
  if (frame.size() < sizeof told.event + sizeof told.value) {
    return std::nullopt;
  }
  std::memcpy(&told.event, frame.data(), sizeof told.event);
  std::memcpy(&told.value, static_cast<const char*>(frame.data()) + sizeof told.event, sizeof told.value);
  return told;
}

Refusal refusal_in(const MonitorEvent& told, bool with_key) {
  if (told.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
    return with_key ? Refusal::kUnknownKey : Refusal::kOther;
  }
  if (told.value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
    return with_key ? Refusal::kUsesNoKeys : Refusal::kNeedsKey;
  }
  return Refusal::kOther;
}

}  // namespace

RefusalWatch::RefusalWatch(zmq::context_t& context, zmq::socket_ref socket, bool with_key)
    : watched_(socket), with_key_(with_key), told_(context, zmq::socket_type::pair), probe_(context) {
  const std::string endpoint = endpoint_of(watched_);
  told_.set(zmq::sockopt::linger, 0);
  if (zmq_socket_monitor(watched_.handle(), endpoint.c_str(),
                         ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                             ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0) {
    throw zmq::error_t();
  }
  told_.connect(endpoint);
}

RefusalWatch::~RefusalWatch() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

// An event is two frames: what happened, and the endpoint.
std::optional<Refusal> RefusalWatch::refusal() {
  zmq::message_t frame;
  zmq::message_t endpoint;
  while (!refusal_ && told_.recv(frame, zmq::recv_flags::dontwait) && told_.recv(endpoint, zmq::recv_flags::dontwait)) {
    const std::optional<MonitorEvent> told = event_in(frame);
    if (!told) {
      continue;
    }
    switch (told->event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        hang_ups_ = 0;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        ++hang_ups_;
        probe_.ask(endpoint.to_string());
        break;
      default:
        refusal_ = refusal_in(*told, with_key_);
    }
  }
  if (!refusal_ && hang_ups_ >= (with_key_ ? kEnoughHangUps : 1) && probe_.mechanism() == "CURVE") {
    refusal_ = with_key_ ? Refusal::kOtherAgent : Refusal::kNeedsKey;
  }
  return refusal_;
}

Error error_of(Refusal refusal, const std::string& address) {
  const std::string agent = "the agent at " + address;
  switch (refusal) {
    case Refusal::kUnknownKey:
      return {ErrorCode::kPermissionDenied, agent + " does not allow this key",
              "its administrator puts NAME.key, the public half of --curve-key, among the keys that it allows"};
    case Refusal::kNeedsKey:
      return {ErrorCode::kPermissionDenied, agent + " asks for a key", "--curve-key and --curve-server name the keys"};
    case Refusal::kOtherAgent:
      return {ErrorCode::kPermissionDenied,
              agent + " asks for keys and hangs up: most likely --curve-server is not its public key",
              "check that --curve-server, or SHMBUS_CURVE_SERVER, is its public key"};
    case Refusal::kUsesNoKeys:
      return {ErrorCode::kPermissionDenied, agent + " uses no keys there, so it can't prove that it is the agent",
              "leave out --curve-key and --curve-server, or SHMBUS_CURVE_KEY and SHMBUS_CURVE_SERVER, to trust it"};
    case Refusal::kOther:
      break;
  }
  return {ErrorCode::kPermissionDenied, agent + " refuses the connection", "the agent's log tells more"};
}

}  // namespace shmbus
