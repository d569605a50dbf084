// Who is asking, and with whose rights it is done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/kernel/credentials.hpp"
#include "protocol/events.hpp"

namespace shmbus::agent {

// One caller. Attachments, `once` values and quotas belong to `principal`: "uid:1000" on ipc, "key:NAME" with a key,
// "anonymous" on insecure tcp. `identity` is whose rights its own program has here, absent for who has only a key.
struct Caller {
  std::string principal;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::int32_t> pid;
  std::optional<std::string> comm = {};  // the name of its process (proc(5)), as far as that was there
  std::string key_name;
  std::optional<Identity> identity;

  [[nodiscard]] bool is_local() const { return uid.has_value(); }
};

inline constexpr std::string_view kAnonymous = "anonymous";

// The caller behind a Peer-Address, see protocol/endpoint/peer_address.hpp. Nothing for what is none of a local peer.
[[nodiscard]] std::optional<Caller> caller_from_peer_address(std::string_view peer_address);

// Who shares this with every other client of an endpoint without keys.
[[nodiscard]] Caller anonymous_caller();

// The caller as events name it.
[[nodiscard]] Actor actor_of(const Caller& caller);

}  // namespace shmbus::agent
