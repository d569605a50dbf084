#include "protocol/codec/msgpack_version.hpp"

#include <msgpack.hpp>

namespace shmbus {

std::string msgpack_library_version() { return MSGPACK_VERSION; }

}  // namespace shmbus
