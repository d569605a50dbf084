// What a process uses, from proc(5).
#pragma once

#include <sys/types.h>

#include <chrono>

namespace shmbus::bench {

// VmRSS of /proc/PID/status.
[[nodiscard]] double resident_mib(pid_t pid);

// utime + stime of /proc/PID/stat, in steps of a clock tick (10 ms).
[[nodiscard]] std::chrono::duration<double> cpu_time(pid_t pid);

}  // namespace shmbus::bench
