// The clock of the agent's deadlines, and the time of day for logs. Time is passed in, so that tests own it.
#pragma once

#include <chrono>

namespace shmbus::agent {

using Clock = std::chrono::steady_clock;
using WallTime = std::chrono::system_clock::time_point;

}  // namespace shmbus::agent
