// Reads the memory and the CPU time that a process uses.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace shmbus::bench {

// VmRSS of /proc/PID/status.
[[nodiscard]] double resident_mib(pid_t pid);

// The same without what it has mapped of segments: VmRSS - RssShmem.
[[nodiscard]] double resident_beyond_segments_mib(pid_t pid);

// Of all its threads, from clock_getcpuclockid(3).
[[nodiscard]] std::chrono::duration<double> cpu_time(pid_t pid);

}  // namespace shmbus::bench
