// How a tool gets access to the agent, and makes sure that it is the agent: options that all of them have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/client/security/curve.hpp"
#include "protocol/result.hpp"

namespace CLI {
class App;
}

namespace shmbus {

// As they were typed; "" where an option was not given.
struct AccessOptions {
  std::string curve_key;     // a file
  std::string curve_server;  // a file, or the key itself
  std::string agent_user;    // a name or a uid
};

// As in ClientOptions.
struct Access {
  std::optional<CurveClient> curve;
  std::optional<std::uint32_t> agent_user;
};

// Adds --curve-key, --curve-server and --agent-user. `options` must live until the command line is parsed.
void add_access_options(CLI::App& app, AccessOptions& options);

// What they stand for; where one was not given, SHMBUS_CURVE_KEY, SHMBUS_CURVE_SERVER and SHMBUS_AGENT_USER. Reads the
// files and asks the name service. Errors: kBadRequest, and kUnsupported if libzmq is built without CURVE.
[[nodiscard]] Result<Access> resolve_access(const AccessOptions& options);

}  // namespace shmbus
