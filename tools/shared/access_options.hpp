// Defines the access options that all tools share: the CURVE keys for an agent on TCP, and the user that an agent on a
// Unix socket may run as. An agent of the caller's own user or of root is trusted without an option.
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

// The values as typed; an empty string stands for an option that was not given.
struct AccessOptions {
  std::string curve_key;     // path of the caller's own key pair, NAME.secret
  std::string curve_server;  // the agent's public key in Z85, or the path of its NAME.key
  std::string agent_user;    // name or uid
};

// The resolved values, in the form that ClientOptions and EventStreamOptions take.
struct Access {
  std::optional<CurveClient> curve;
  std::optional<std::uint32_t> agent_user;
};

// Adds --curve-key, --curve-server and --agent-user. The app writes to `options`, which must outlive the parsing.
void add_access_options(CLI::App& app, AccessOptions& options);

// Returns the keys and the uid that the options name. SHMBUS_CURVE_KEY, SHMBUS_CURVE_SERVER and SHMBUS_AGENT_USER stand
// in for options that were not given; an empty variable counts as unset. Reads the key files and looks a user name up
// in the name service, which is not thread-safe (getpwnam(3)).
// Errors: kBadRequest if one key is given without the other, a key file is unusable or the user is unknown;
// kUnsupported if libzmq is built without CURVE.
[[nodiscard]] Result<Access> resolve_access(const AccessOptions& options);

}  // namespace shmbus
