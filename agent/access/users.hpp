// Names of users and groups, looked up before the loop starts: a name service may take its time.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/kernel/credentials.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Whom callers without a name are served as: the user nobody, without capabilities.
[[nodiscard]] Identity nobody();

// The group of this name or number. Errors: kBadRequest.
[[nodiscard]] Result<gid_t> group_named(const std::string& name);

}  // namespace shmbus::agent
