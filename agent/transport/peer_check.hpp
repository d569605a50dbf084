// Whether libzmq tells who asks: the suffix of Peer-Address is not documented, so it is tried at each start.
#pragma once

#include <zmq.hpp>

#include "protocol/result.hpp"

namespace shmbus::agent {

// Has this process ask itself at an abstract socket, and compares what Peer-Address says with its own uid, gid and pid.
// Errors: kUnsupported with what it said.
[[nodiscard]] Result<void> check_peer_address(zmq::context_t& context);

}  // namespace shmbus::agent
