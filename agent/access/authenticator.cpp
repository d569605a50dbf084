#include "agent/access/authenticator.hpp"

#include "protocol/endpoint/peer_address.hpp"

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

Authenticator::Authenticator(OwnRights own, Identity nobody, double requests_per_second, const AuthorizedKeys& keys)
    : callers_(std::move(own)), rate_(requests_per_second), anonymous_(anonymous(std::move(nobody))), keys_(keys) {}

void Authenticator::take_peers_for(const Identity& own) {
  Caller caller = anonymous_caller();
  caller.principal = "uid:" + std::to_string(own.uid);
  caller.uid = own.uid;
  caller.gid = own.gid;
  caller.identity = own;
  own_user_.emplace(std::move(caller));
}

Admitted Authenticator::admit(Transport transport, std::string_view peer, Clock::time_point now) {
  const Result<Caller>& caller = find(transport, peer, now);
  if (!caller) {
    refused_ = known_of(transport, peer);
    return {.caller = refused_, .refusal = &caller.error()};
  }
  if (transport == Transport::kPrivate) {
    return {.caller = *caller};
  }
  if (!rate_.take(caller->principal, now)) {
    busy_ = rate_.beyond(caller->principal);
    return {.caller = *caller, .refusal = &busy_};
  }
  return {.caller = *caller, .rate = &rate_};
}

std::string Authenticator::principal_of(Transport transport, std::string_view peer) const {
  switch (transport) {
    case Transport::kPrivate:
    case Transport::kLocal:
      if (own_user_) {
        return (*own_user_)->principal;
      }
      if (const std::optional<PeerAddress> address = parse_peer_address(peer)) {
        return "uid:" + std::to_string(address->uid);
      }
      break;
    case Transport::kCurve:
      return "key:" + keys_.name_of(peer).value_or("");
    case Transport::kInsecure:
      break;
  }
  return std::string(kAnonymous);
}

// Returns as much as is known of a sender that is denied.
Caller Authenticator::known_of(Transport transport, std::string_view peer) const {
  if (transport == Transport::kCurve) {
    std::optional<std::string> name = keys_.former_name_of(peer);
    return name ? holder_of(*std::move(name)) : anonymous_caller();
  }
  return caller_from_peer_address(peer).value_or(anonymous_caller());
}

const Result<Caller>& Authenticator::find(Transport transport, std::string_view peer, Clock::time_point now) {
  switch (transport) {
    case Transport::kPrivate:
    case Transport::kLocal:
      return own_user_ ? *own_user_ : callers_.find(peer, transport, now);
    case Transport::kCurve:
      if (std::optional<std::string> name = keys_.name_of(peer)) {
        keyed_ = holder_of(*std::move(name));
      } else {
        keyed_ = Error{.code = ErrorCode::kPermissionDenied,
                       .message = "the agent no longer accepts this key",
                       .hint = "its administrator revoked the key after the connection was made"};
      }
      return keyed_;
    case Transport::kInsecure:
      break;
  }
  return anonymous_;
}

}  // namespace shmbus::agent
