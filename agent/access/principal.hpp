// Who is asking. On ipc libzmq attaches the kernel's word on the peer, taken when it connected, to every message as
// the property Peer-Address: "localhost:UID:GID:PID". Nothing else identifies a caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/events.hpp"

namespace shmbus::agent {

// One caller. Attachments and `once` values belong to `principal`: "uid:1000" on ipc, "anonymous" on tcp.
struct Caller {
  std::string principal;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::int32_t> pid;
};

inline constexpr std::string_view kAnonymous = "anonymous";

// The caller that `peer_address` describes; anonymous for any other form.
[[nodiscard]] Caller caller_from_peer_address(std::string_view peer_address);

// The caller as events name it, with the name of its process as far as that is still there (proc(5), comm).
[[nodiscard]] Actor actor_of(const Caller& caller);

}  // namespace shmbus::agent
