// Checks that libzmq takes connections through the ConnectionLimiter. A libzmq that is linked statically, or that calls
// accept(2), would silently bypass it, and no cap would hold.
#pragma once

#include "protocol/result.hpp"

namespace shmbus::agent {

// Connects once to a socket of its own, in a ZeroMQ context of its own, and checks that the ConnectionLimiter has seen
// the connection. Called at the start; it takes a few milliseconds, and libzmq needs about ten descriptors meanwhile.
// Errors: kUnsupported if the limiter was bypassed; kInternal with the reason if the check itself fails.
[[nodiscard]] Result<void> check_connection_limiter();

}  // namespace shmbus::agent
