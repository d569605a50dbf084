// The search for the sockets of an agent: an option, the environment, then the runtime directories.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/result.hpp"

namespace shmbus {

// The two sockets of an agent.
enum class Channel : std::uint8_t { kCommands, kEvents };

// A ZeroMQ address, and the places that were searched for it: one phrase each, for people.
struct Endpoint {
  std::string address;
  std::vector<std::string> looked_at = {};
};

// Returns the first one of
// - `option`, if it is not empty;
// - SHMBUS_COMMANDS or SHMBUS_EVENTS; of several addresses, separated by commas, the first;
// - the socket in the first of client_runtime_directories() where a process accepts a test connection;
// - the socket in the first of them that can be trusted, where an agent may yet start.
// Directories that others could write to are skipped. Reads the environment. Errors: kPermissionDenied if no directory
// can be trusted.
[[nodiscard]] Result<Endpoint> find_endpoint(Channel channel, const std::string& option);

// Returns the address and the searched places in one line, "ipc://...; tried ...", for --verbose and messages.
[[nodiscard]] std::string describe(const Endpoint& endpoint);

}  // namespace shmbus
