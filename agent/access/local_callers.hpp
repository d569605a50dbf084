// Determines the rights of local callers: turns the credentials that the kernel reports for a peer into a caller with
// an identity, or into the reason for a denial.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/access/caller.hpp"
#include "agent/base/clock.hpp"
#include "agent/config/endpoint.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The agent's own identity, and whether it can act as other users.
struct OwnRights {
  Identity identity;
  bool can_switch = false;
};

// A peer's ids come with the connection, but groups and capabilities are read from /proc. The results, denials too, are
// kept by Peer-Address for a second at most, so that a busy caller does not cost several reads for each request. A
// change of its rights takes effect with the next read. Single-threaded; the caller passes the time.
class LocalCallers {
 public:
  explicit LocalCallers(OwnRights own) : own_(std::move(own)) {}

  // Returns the caller behind a Peer-Address, valid until the next call. `transport` is kPrivate or kLocal.
  // - Groups, and root's capabilities, are those of its process, if that is still the one that connected. Otherwise
  //   only the uid and the primary group are known.
  // - Without can_switch the agent's own user and root get the ids of the agent. Its capabilities are never passed on.
  // - On a private socket a peer with the agent's uid is served from any pid namespace.
  // Errors: kPermissionDenied if the agent cannot act as the caller, or cannot tell it from others (its pid is 0, its
  // uid is the overflow uid of a user namespace that lacks uids, or its IPC namespace is unknown); kUnsupported if it
  // is in another IPC namespace.
  const Result<Caller>& find(std::string_view peer_address, Transport transport, Clock::time_point now);

 private:
  struct CachedCaller {
    Result<Caller> caller = Error{};
    Clock::time_point looked = {};
    std::optional<std::uint64_t> start_time = {};  // of the process that connected; a later one of its pid differs
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Result<Caller> look(std::string_view peer_address, Transport transport,
                      std::optional<std::uint64_t>& start_time) const;
  [[nodiscard]] Result<void> check(const Caller& caller, Transport transport) const;

  using KnownCallers = std::unordered_map<std::string, CachedCaller, Hash, std::equal_to<>>;

  const OwnRights own_;
  // By Peer-Address. Private sockets have a table of their own, since the same peer may be denied elsewhere.
  KnownCallers known_;
  KnownCallers known_at_private_;
};

}  // namespace shmbus::agent
