// The smallest server of the protocol: it decodes a request, makes the system calls and encodes the reply. It
// identifies no callers; it checks, limits, remembers and publishes nothing, and waits for nothing else.
#pragma once

#include <sys/types.h>

#include <optional>

#include "tests/bench/echo_process.hpp"

namespace shmbus::bench {

// Knows ping, and stat, read and write of the segment `shmid`, whatever segment they name; through the attachment that
// it keeps, if they name one. Makes the calls as the user `as`, if there is one, which only root can.
[[nodiscard]] Answering answer_least(int shmid, std::optional<uid_t> as = {});

}  // namespace shmbus::bench
