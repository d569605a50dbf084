// Runs the command of --exec, once for each event. Text from an event reaches the command through its environment and
// its stdin only and is never part of the command line, so the shell does not interpret it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/events.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// The exit status of a command as a shell counts it: 0 to 255, or 128 plus the number of the signal that ended it.
using CommandStatus = int;

// Returns the variables that describe `event`, as NAME=VALUE. Always present: SHMBUS_EVENT (the name of its kind),
// SHMBUS_EPOCH, _SEQ, _TIME_NS, _HOST, _KEY, _SHMID, _SOURCE. Present if known: SHMBUS_UID, _GID, _PID, _COMM and
// _PRINCIPAL of the process that made the change.
[[nodiscard]] std::vector<std::string> environment_of(const Event& event);

// Runs `command` with /bin/sh -c and waits until it has ended, however long that takes. Its environment is that of this
// process, without variables of an outer shmbus-watch, plus those of `event`. Its stdin is `document`, which it may
// leave unread; stdout and stderr are inherited. SIGINT is unblocked in it, so that Ctrl-C reaches it. A command that
// fails is not an error: its status is returned. Errors: kInternal if the shell cannot be started.
[[nodiscard]] Result<CommandStatus> run_command(const std::string& command, const Event& event,
                                                std::string_view document);

}  // namespace shmbus
