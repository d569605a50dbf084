#include "tests/bench/process_usage.hpp"

#include <cerrno>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace shmbus::bench {
namespace {

double status_mib(pid_t pid, const std::string& name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  std::ifstream status(path);
  for (std::string word; status >> word;) {
    if (double kib = 0; word == name && status >> kib) {
      return kib / 1024;
    }
  }
  throw std::runtime_error("no " + name + " in " + path);
}

}  // namespace

double resident_mib(pid_t pid) { return status_mib(pid, "VmRSS:"); }

double resident_beyond_segments_mib(pid_t pid) { return status_mib(pid, "VmRSS:") - status_mib(pid, "RssShmem:"); }

std::chrono::duration<double> cpu_time(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (const int failure = clock_getcpuclockid(pid, &clock); failure != 0) {
    throw std::system_error(failure, std::generic_category(), "the CPU time of process " + std::to_string(pid));
  }
  if (clock_gettime(clock, &used) != 0) {
    throw std::system_error(errno, std::generic_category(), "the CPU time of process " + std::to_string(pid));
  }
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace shmbus::bench
