// Which msgpack-c the codec is built with.
#pragma once

#include <string>

namespace shmbus {

[[nodiscard]] std::string msgpack_library_version();

}  // namespace shmbus
