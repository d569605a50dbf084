// Names this program's version and those of the compiler and libraries that it was built with.
#pragma once

#include <string>

namespace shmbus::agent {

// Returns the text for --version, one line per item and no line end at the last: "shmbus-agent 0.1.0", the build type
// and compiler, the libraries. libzmq's version is that of the library loaded, with a note on whether it has CURVE.
[[nodiscard]] std::string version_text();

}  // namespace shmbus::agent
