// Who gets in: from what a socket knows of a request's sender to a caller, or to why it is refused.
#pragma once

#include <optional>
#include <string_view>

#include "agent/access/local_callers.hpp"
#include "agent/access/rate_limiter.hpp"
#include "agent/base/clock.hpp"
#include "agent/config/endpoint.hpp"
#include "agent/transport/authorized_keys.hpp"

namespace shmbus::agent {

// The sender of a request: the caller, or of one who is not let in what is known of it, and why (null: let in). Its
// requests count in `rate` (null: nobody counts them).
struct Admitted {
  const Caller& caller;
  const Error* refusal = nullptr;
  RateLimiter* rate = nullptr;
};

// One thread.
class Authenticator {
 public:
  // `nobody` is whom callers without a name are served as. `requests_per_second` is for each principal on sockets that
  // others than our own user reach; 0: no limit. Borrows `keys`, which may change.
  Authenticator(OwnRights own, Identity nobody, double requests_per_second, const AuthorizedKeys& keys);

  // From now on who comes to a private socket is taken for our own user, with these rights: nobody else can reach it.
  void take_peers_for(const Identity& own);

  // The principal that a request of `peer` counts for, let in or not.
  [[nodiscard]] std::string principal_of(Transport transport, std::string_view peer) const;

  // The caller behind `peer`, as a socket of this transport tells it (see peer_of); valid until the next call. Takes
  // one request from its rate. Refusals: as LocalCallers::find(), kPermissionDenied for a key that was taken away, and
  // kBusy beyond the rate.
  Admitted admit(Transport transport, std::string_view peer, Clock::time_point now);

 private:
  const Result<Caller>& find(Transport transport, std::string_view peer, Clock::time_point now);
  [[nodiscard]] Caller known_of(Transport transport, std::string_view peer) const;

  LocalCallers callers_;
  RateLimiter rate_;
  Error busy_;
  Caller refused_;
  std::optional<Result<Caller>> own_user_;
  const Result<Caller> anonymous_;
  const AuthorizedKeys& keys_;
  Result<Caller> keyed_ = Error{};
};

}  // namespace shmbus::agent
