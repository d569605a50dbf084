// The property Peer-Address of a message on ipc, "localhost:UID:GID:PID": the kernel's word on the peer, taken when the
// connection was made, at both ends of it. libzmq does not document the part after the host.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace shmbus {

// Pid 0: the peer's process is in a pid namespace that can't be seen from here.
struct PeerAddress {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};

// Nothing for any other form, such as the bare address that a TCP peer has.
[[nodiscard]] std::optional<PeerAddress> parse_peer_address(std::string_view text);

}  // namespace shmbus
