// Where a client finds the agent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/result.hpp"

namespace shmbus {

enum class Channel : std::uint8_t { kCommands, kEvents };

// A ZeroMQ address, and what was looked at before it was taken: one phrase each, for people.
struct Endpoint {
  std::string address;
  std::vector<std::string> looked_at = {};
};

// `option` if it is not empty, else SHMBUS_COMMANDS or SHMBUS_EVENTS (of several, the first), else the socket
// of the first of client_runtime_directories() where somebody listens, else the one in the client's own directory,
// where an agent may yet start. Errors: kPermissionDenied if only a directory is left that this user must not trust.
[[nodiscard]] Result<Endpoint> find_endpoint(Channel channel, const std::string& option);

// "ipc://…; looked at …": for --verbose and for the message that nobody answers.
[[nodiscard]] std::string describe(const Endpoint& endpoint);

}  // namespace shmbus
