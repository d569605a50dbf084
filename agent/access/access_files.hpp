// Reads the files that decide about access: the agent's key pair, the authorized keys, the policy and the audit. Only
// root and the agent's own user can have changed them, see trusted_file.hpp.
#pragma once

#include <optional>

#include "agent/access/authorizer.hpp"
#include "agent/config/config.hpp"
#include "agent/transport/authorized_keys.hpp"

namespace shmbus::agent {

// The content of those files, for Agent to take over. A member whose file `config` does not name stays empty.
struct AccessFiles {
  std::optional<CurvePair> own_keys;
  AuthorizedKeys authorized_keys;
  AuthorizerFiles authorizer;
};

// Reads the files at the start, and creates the audit file if it is missing. Stops at the first fault. At SIGHUP, Agent
// reads keys and policy one by one instead, so that a fault in one does not keep the other from being read. Errors,
// with the file: as AuthorizedKeys::load(), read_curve_secret(), read_policy() and Audit::open().
[[nodiscard]] Result<AccessFiles> read_access_files(const Config& config);

// Returns the policy, or nothing if `config` names none. Errors, with the file: as read_private() and parse_policy().
[[nodiscard]] Result<std::optional<Policy>> read_policy(const Config& config);

}  // namespace shmbus::agent
