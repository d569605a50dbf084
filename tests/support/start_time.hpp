// A start time for tests of classes whose callers pass the time.
#pragma once

#include <chrono>

namespace shmbus::agent {

inline constexpr std::chrono::steady_clock::time_point kStart{std::chrono::hours(1)};

}  // namespace shmbus::agent
