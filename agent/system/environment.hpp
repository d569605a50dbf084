// Variables that are for this process and not for those it starts.
#pragma once

#include <cstdlib>
#include <string>

namespace shmbus::agent {

// The value, empty if there is none; it is gone from the environment then. Before there are other threads.
[[nodiscard]] inline std::string taken_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

}  // namespace shmbus::agent
