// A parser for the Peer-Address that libzmq attaches to each message received on ipc: "localhost:UID:GID:PID". The ids
// are the kernel's, those of the peer when it called connect(2) or listen(2) (SO_PEERCRED, unix(7)), so a peer cannot
// forge them. libzmq does not document the part after the host.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace shmbus {

// The credentials of a local peer. `pid` is 0 if its process is in a pid namespace that cannot be seen from here.
struct PeerAddress {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};

// Returns nothing for any other form, such as the bare address of a TCP peer.
[[nodiscard]] std::optional<PeerAddress> parse_peer_address(std::string_view text);

}  // namespace shmbus
