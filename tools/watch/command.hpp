// The command of --exec: one run for each event.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/events.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// How a command ended, as a shell counts: its status, or 128 and the signal that ended it.
using CommandStatus = int;

// The variables that carry `event`: SHMBUS_EVENT (its name), SHMBUS_EPOCH, _SEQ, _TIME_NS, _HOST, _KEY, _SHMID, _SOURCE
// always; SHMBUS_UID, _GID, _PID, _COMM, _PRINCIPAL of who did it where known.
[[nodiscard]] std::vector<std::string> environment_of(const Event& event);

// Runs `command` by /bin/sh -c and waits until it has ended. The event is in its environment and, as `document`, on its
// standard input, nowhere in its text, so nothing in it is taken for a command. The rest of the environment, stdout and
// stderr are ours; SIGINT reaches it though we hold it back. Errors: kInternal if it could not be started.
[[nodiscard]] Result<CommandStatus> run_command(const std::string& command, const Event& event,
                                                std::string_view document);

}  // namespace shmbus
