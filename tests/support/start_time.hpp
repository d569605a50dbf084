// A time for those who are told what time it is.
#pragma once

#include <chrono>

namespace shmbus::agent {

inline constexpr std::chrono::steady_clock::time_point kStart{std::chrono::hours(1)};

}  // namespace shmbus::agent
