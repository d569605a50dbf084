// Local callers: from the kernel's word on a peer to a caller whose rights are known, or to why it is refused.
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

// The agent's own side: who it is, whether it can act as others.
struct OwnRights {
  Identity identity;
  bool can_switch = false;
};

// One thread; time comes from the caller. Reads /proc; what it reads is kept for at most a second.
class LocalCallers {
 public:
  explicit LocalCallers(OwnRights own) : own_(std::move(own)) {}

  // The caller behind a Peer-Address, valid until the next call. `transport` is kPrivate or
  // kLocal; at a private socket a peer with our uid is served from any pid namespace. Its groups, and root's
  // capabilities, are those of its process, if that is still the one that connected; else its primary group is all that
  // is known. Without can_switch, callers of our own user and root have our ids. Our capabilities are never theirs.
  // Errors: kPermissionDenied for who can't be told from others (pid 0, the overflow uid where the user namespace lacks
  // uids) or can't be acted as, kUnsupported for a caller in another IPC namespace.
  const Result<Caller>& find(std::string_view peer_address, Transport transport, Clock::time_point now);

 private:
  struct CachedCaller {
    Result<Caller> caller = Error{};
    Clock::time_point looked = {};
    std::optional<std::uint64_t> start_time = {};  // of the process that connected
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Result<Caller> look(std::string_view peer_address, Transport transport,
                      std::optional<std::uint64_t>& start_time) const;
  [[nodiscard]] Result<void> check(const Caller& caller, Transport transport) const;

  using KnownCallers = std::unordered_map<std::string, CachedCaller, Hash, std::equal_to<>>;

  const OwnRights own_;
  KnownCallers known_;
  KnownCallers known_at_private_;
};

}  // namespace shmbus::agent
