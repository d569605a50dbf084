// The version of the msgpack-c that the codec is built with, in a header of its own: its users need no msgpack header.
#pragma once

#include <string>

namespace shmbus {

// Returns the version as text, such as "4.0.0".
[[nodiscard]] std::string msgpack_library_version();

}  // namespace shmbus
