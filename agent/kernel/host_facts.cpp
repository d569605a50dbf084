#include "agent/kernel/host_facts.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <fstream>
#include <limits>

#include "protocol/text.hpp"

namespace shmbus::agent {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  gethostname(name.data(), name.size() - 1);
  return escape_foreign(name.data());
}

ShmId ipc_slots() {
  std::ifstream options("/proc/cmdline");
  for (std::string option; options >> option;) {
    if (option == "ipcmni_extend") {
      return ShmId{1} << 24;
    }
  }
  return ShmId{1} << 15;
}

bool maps_uid(std::uint32_t uid) {
  std::ifstream lines("/proc/self/uid_map");
  for (std::uint64_t inside = 0, outside = 0, count = 0; lines >> inside >> outside >> count;) {
    if (uid >= inside && uid - inside < count) {
      return true;
    }
  }
  return false;
}

bool maps_all_uids() {
  constexpr std::uint64_t kUids = std::numeric_limits<std::uint32_t>::max();  // (uid_t)-1 is no uid
  std::ifstream lines("/proc/self/uid_map");                                  // its ranges never overlap
  std::uint64_t mapped = 0;
  for (std::uint64_t inside = 0, outside = 0, count = 0; lines >> inside >> outside >> count;) {
    mapped += count;
  }
  return mapped >= kUids;
}

}  // namespace shmbus::agent
