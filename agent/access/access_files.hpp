// The files that say who may do what, read together at the start and again at SIGHUP.
#pragma once

#include <optional>

#include "agent/access/authorizer.hpp"
#include "agent/config/config.hpp"
#include "agent/transport/authorized_keys.hpp"

namespace shmbus::agent {

struct AccessFiles {
  std::optional<CurvePair> own_keys;
  AuthorizedKeys authorized_keys;
  AuthorizerFiles authorizer;
};

// What `config` names. Errors, naming the file: as AuthorizedKeys::load(), read_curve_secret(), parse_policy(),
// Audit::open() and read_private().
[[nodiscard]] Result<AccessFiles> read_access_files(const Config& config);

[[nodiscard]] Result<std::optional<Policy>> read_policy(const Config& config);

}  // namespace shmbus::agent
