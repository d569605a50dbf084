// Whether libzmq takes connections through the connection limiter. It would not if it were linked statically, or called
// accept(2).
#pragma once

#include "protocol/result.hpp"

namespace shmbus::agent {

// Connects once to a socket of its own, in a ZeroMQ context of its own, and looks whether ConnectionLimiter saw it; a
// few milliseconds. At start: libzmq needs about ten descriptors. Errors: kUnsupported if the limiter was passed by,
// kInternal with the reason if that can't be tried.
[[nodiscard]] Result<void> check_connection_limiter();

}  // namespace shmbus::agent
