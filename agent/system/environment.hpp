// Takes variables that are meant for this process alone out of the environment, so that no child gets them.
#pragma once

#include <cstdlib>
#include <string>

namespace shmbus::agent {

// Returns the value of a variable and removes it from the environment. Returns an empty string if it is not set. Must
// be called before other threads exist, because getenv(3) and unsetenv(3) are not thread-safe.
[[nodiscard]] inline std::string taken_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

}  // namespace shmbus::agent
