#include "agent/access/caller.hpp"

#include "protocol/endpoint/peer_address.hpp"

namespace shmbus::agent {

std::optional<Caller> caller_from_peer_address(std::string_view peer_address) {
  const std::optional<PeerAddress> peer = parse_peer_address(peer_address);
  if (!peer) {
    return std::nullopt;
  }
  return Caller{.principal = "uid:" + std::to_string(peer->uid), .uid = peer->uid, .gid = peer->gid, .pid = peer->pid};
}

Caller anonymous_caller() { return {.principal = std::string(kAnonymous)}; }

Actor actor_of(const Caller& caller) {
  return {.uid = caller.uid, .gid = caller.gid, .pid = caller.pid, .comm = caller.comm, .principal = caller.principal};
}

}  // namespace shmbus::agent
