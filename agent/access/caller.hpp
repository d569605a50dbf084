// A caller: the sender of a request, and the identity that its own programs have on this host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/kernel/credentials.hpp"
#include "protocol/events.hpp"

namespace shmbus::agent {

// As much as is known about a caller. `principal` stands for all connections and processes of one user or key: queues,
// rates, attachments, `once` values and quotas belong to it. A caller that has only a key has no `identity`, and needs
// a policy to lend it one.
struct Caller {
  std::string principal;  // "uid:1000" on ipc, "key:NAME" with a key, "anonymous" on insecure TCP
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::int32_t> pid;
  std::optional<std::string> comm = {};  // the name of its process (proc(5)), if it was still running
  std::string key_name;                  // empty without a key
  std::optional<Identity> identity;

  // Returns whether the caller is a user of this host.
  [[nodiscard]] bool is_local() const { return uid.has_value(); }
};

// The principal of all callers that have neither a uid nor a key.
inline constexpr std::string_view kAnonymous = "anonymous";

// Returns the caller behind a Peer-Address, see protocol/endpoint/peer_address.hpp, with its ids alone; nothing if the
// text is not the address of a local peer.
[[nodiscard]] std::optional<Caller> caller_from_peer_address(std::string_view peer_address);

// Returns the caller that all clients of an endpoint without keys share. It has no identity yet.
[[nodiscard]] Caller anonymous_caller();

// Returns the caller as the actor of an event.
[[nodiscard]] Actor actor_of(const Caller& caller);

}  // namespace shmbus::agent
