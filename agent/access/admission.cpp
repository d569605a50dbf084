#include "agent/access/admission.hpp"

namespace shmbus::agent {
namespace {

Caller anonymous(Identity nobody) {
  Caller caller = anonymous_caller();
  caller.identity = std::move(nobody);
  return caller;
}

Caller holder_of(std::string key_name) {
  Caller caller = anonymous_caller();
  caller.principal = "key:" + key_name;
  caller.key_name = std::move(key_name);
  return caller;
}

}  // namespace

Admission::Admission(OwnRights own, Identity nobody, double requests_per_second, const KeyRing& keys)
    : callers_(std::move(own)), rate_(requests_per_second), anonymous_(anonymous(std::move(nobody))), keys_(keys) {}

void Admission::take_peers_for(const Identity& own) {
  Caller caller = anonymous_caller();
  caller.principal = "uid:" + std::to_string(own.uid);
  caller.uid = own.uid;
  caller.gid = own.gid;
  caller.identity = own;
  own_user_.emplace(std::move(caller));
}

const Result<Caller>& Admission::admit(Transport transport, std::string_view peer, Clock::time_point now) {
  const Result<Caller>& caller = find(transport, peer, now);
  if (transport == Transport::kPrivate || !caller || rate_.take(caller->principal, now)) {
    return caller;
  }
  busy_ = Error{.code = ErrorCode::kBusy,
                .message = caller->principal + " asks more than " +
                           std::to_string(static_cast<std::uint64_t>(rate_.per_second())) + " times a second",
                .hint = "ask again later; --max-requests-per-second of the agent raises it"};
  return busy_;
}

const Result<Caller>& Admission::find(Transport transport, std::string_view peer, Clock::time_point now) {
  switch (transport) {
    case Transport::kPrivate:
    case Transport::kLocal:
      return own_user_ ? *own_user_ : callers_.find(peer, now);
    case Transport::kCurve:
      if (std::optional<std::string> name = keys_.name_of(peer)) {
        keyed_ = holder_of(*std::move(name));
      } else {
        keyed_ = Error{.code = ErrorCode::kPermissionDenied,
                       .message = "this key is not among those that the agent serves",
                       .hint = "it was taken away since the connection was made"};
      }
      return keyed_;
    case Transport::kInsecure:
      break;
  }
  return anonymous_;
}

}  // namespace shmbus::agent
