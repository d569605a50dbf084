// Authenticates the sender of each request: turns the peer that a socket reports into a caller, or into the reason for
// a denial.
#pragma once

#include <optional>
#include <string_view>

#include "agent/access/local_callers.hpp"
#include "agent/access/rate_limiter.hpp"
#include "agent/base/clock.hpp"
#include "agent/config/endpoint.hpp"
#include "agent/transport/authorized_keys.hpp"

namespace shmbus::agent {

// The result for one request, borrowed until the next call of admit(). If the request is denied, `refusal` is the
// reason and `caller` holds as much as is known about the sender, for the audit. `rate` counts the further requests of
// a batch; null if no rate applies.
struct Admitted {
  const Caller& caller;
  const Error* refusal = nullptr;
  RateLimiter* rate = nullptr;
};

// Identifies callers by their transport: on ipc by the credentials that the kernel reports, with CURVE by the key, and
// on insecure TCP not at all. It also limits their rate. Authorizer then decides about their operations.
// Single-threaded; the caller passes the time.
class Authenticator {
 public:
  // `own` is the agent's own identity, and `nobody` the one that anonymous callers act as. `requests_per_second` holds
  // for each principal on sockets that other users can reach; 0 means no limit. Borrows `keys`, which may change
  // between calls.
  Authenticator(OwnRights own, Identity nobody, double requests_per_second, const AuthorizedKeys& keys);

  // Makes admit() take each peer on ipc for the agent's own user with the rights `own`, whatever libzmq reports.
  // Requires that all ipc endpoints are private, so that only this user and root can reach them.
  void take_peers_for(const Identity& own);

  // Returns the principal in whose queue a request of `peer` waits. Reads neither /proc nor the rate; the request may
  // still be denied.
  [[nodiscard]] std::string principal_of(Transport transport, std::string_view peer) const;

  // Returns the caller behind `peer`, which is the result of peer_of() for this transport. Takes one request from the
  // caller's rate, except on a private socket. Denials: as LocalCallers::find(); kPermissionDenied for a key that was
  // removed while its holder was connected; kBusy beyond the rate.
  Admitted admit(Transport transport, std::string_view peer, Clock::time_point now);

 private:
  const Result<Caller>& find(Transport transport, std::string_view peer, Clock::time_point now);
  [[nodiscard]] Caller known_of(Transport transport, std::string_view peer) const;

  LocalCallers callers_;
  RateLimiter rate_;
  // Admitted borrows from these, and from LocalCallers.
  Error busy_;
  Caller refused_;
  std::optional<Result<Caller>> own_user_;
  const Result<Caller> anonymous_;
  const AuthorizedKeys& keys_;
  Result<Caller> keyed_ = Error{};
};

}  // namespace shmbus::agent
