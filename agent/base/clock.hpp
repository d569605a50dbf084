// Defines the two clocks of the agent: one for deadlines, one for the time of day. Time is passed in as a parameter, so
// that tests control it.
#pragma once

#include <chrono>

namespace shmbus::agent {

// CLOCK_MONOTONIC, for deadlines and intervals. Timers, trace records and the service manager count in the same clock,
// so their values can be compared.
using Clock = std::chrono::steady_clock;
// The time of day, for the log and the audit. It jumps when the clock is set, so no deadline depends on it.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace shmbus::agent
