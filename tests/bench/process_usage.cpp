#include "tests/bench/process_usage.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace shmbus::bench {
namespace {

std::string proc_path(pid_t pid, const std::string& file) { return "/proc/" + std::to_string(pid) + "/" + file; }

}  // namespace

double resident_mib(pid_t pid) {
  const std::string path = proc_path(pid, "status");
  std::ifstream status(path);
  for (std::string word; status >> word;) {
    if (double kib = 0; word == "VmRSS:" && status >> kib) {
      return kib / 1024;
    }
  }
  throw std::runtime_error("no VmRSS in " + path);
}

std::chrono::duration<double> cpu_time(pid_t pid) {
  const std::string path = proc_path(pid, "stat");
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name before it may hold blanks
  if (name_end == std::string::npos) {
    throw std::runtime_error("cannot read " + path);
  }
  std::istringstream fields(line.substr(name_end + 1));
  constexpr int kFieldsBeforeUtime = 11;  // state (3) to cmajflt (13)
  std::string skipped;
  for (int i = 0; i < kFieldsBeforeUtime; ++i) {
    fields >> skipped;
  }
  double utime = 0;
  double stime = 0;
  if (!(fields >> utime >> stime)) {
    throw std::runtime_error("no utime and stime in " + path);
  }
  return std::chrono::duration<double>((utime + stime) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace shmbus::bench
