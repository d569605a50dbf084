// Checks that libzmq reports the credentials of the peer on ipc. They are a suffix of the property Peer-Address that
// libzmq does not document, so the agent verifies them at each start.
#pragma once

#include <zmq.hpp>

#include "protocol/result.hpp"

namespace shmbus::agent {

// Sends a message from this process to itself over an abstract Unix socket, and compares the message's Peer-Address
// with the effective uid and gid and the pid of the process. Blocks until the message arrives or a timeout of some
// seconds expires. Errors: kUnsupported with the Peer-Address that was reported, or with the reason why there is none.
[[nodiscard]] Result<void> check_peer_address(zmq::context_t& context);

}  // namespace shmbus::agent
