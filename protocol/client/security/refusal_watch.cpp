#include "protocol/client/security/refusal_watch.hpp"

#include <string>

namespace shmbus {
namespace {

constexpr int kEnoughHangUps = 3;  // in a row; an agent that restarts may cause one or two

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
    : with_key_(with_key),
      monitor_(context, socket,
               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                   ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED),
      probe_(context) {}

std::optional<Refusal> RefusalWatch::refusal() {
  while (!refusal_) {
    const std::optional<MonitorEvent> told = monitor_.next();
    if (!told) {
      break;
    }
    switch (told->event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        hang_ups_ = 0;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        ++hang_ups_;
        probe_.ask(told->endpoint);
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
      return {ErrorCode::kPermissionDenied, agent + " does not accept this key",
              "its administrator must add NAME.key, the public half of --curve-key, to the authorized keys"};
    case Refusal::kNeedsKey:
      return {ErrorCode::kPermissionDenied, agent + " requires a key", "give --curve-key and --curve-server"};
    case Refusal::kOtherAgent:
      return {ErrorCode::kPermissionDenied,
              agent + " requires keys and disconnects: --curve-server is probably not its public key",
              "check that --curve-server, or SHMBUS_CURVE_SERVER, is its public key"};
    case Refusal::kUsesNoKeys:
      return {ErrorCode::kPermissionDenied, agent + " does not use keys, so it cannot prove that it is the agent",
              "to trust it, omit --curve-key and --curve-server (SHMBUS_CURVE_KEY, SHMBUS_CURVE_SERVER)"};
    case Refusal::kOther:
      break;
  }
  return {ErrorCode::kPermissionDenied, agent + " rejects the connection", "see the agent's log for the reason"};
}

}  // namespace shmbus
