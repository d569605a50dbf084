#include "agent/version.hpp"

#include <spdlog/version.h>

#include <CLI/Version.hpp>

#include "agent/transport/bound_socket.hpp"
#include "protocol/codec/msgpack_version.hpp"

namespace shmbus::agent {
namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
}

}  // namespace

std::string version_text() {
  return "shmbus-agent " SHMBUS_VERSION "\nbuild: " SHMBUS_BUILD_TYPE ", " __VERSION__ "\nlibzmq " + zeromq_version() +
         ", msgpack-c " + msgpack_library_version() + ", spdlog " +
         dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) + ", CLI11 " CLI11_VERSION;
}

}  // namespace shmbus::agent
