// What this program is, and what it is made with.
#pragma once

#include <string>

namespace shmbus::agent {

// "shmbus-agent 0.1.0", and a line for each: the compiler and build type, the libraries with their versions.
[[nodiscard]] std::string version_text();

}  // namespace shmbus::agent
