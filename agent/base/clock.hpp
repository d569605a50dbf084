// The clock of the agent's deadlines. Time is passed in, so that tests own it.
#pragma once

#include <chrono>

namespace shmbus::agent {

using Clock = std::chrono::steady_clock;

}  // namespace shmbus::agent
