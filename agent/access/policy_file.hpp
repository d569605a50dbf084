// Reads policy files: TOML, see deploy/policy.example.toml. The reader is strict, because a word that it does not
// understand may be the one that was meant to protect something.
//
//   [[rule]]                                # in this order; the first match decides
//   who = ["group:dba", "key:backup"]       # user: uid: group: gid: key: local remote anyone; required
//   operations = ["set", "stat"]            # default: all
//   keys = [5679, "5000-5999", "private"]   # of the segment; default: any, or no segment
//   owners = ["user:oracle", "uid:999"]     # of the segment; default: any, or no segment
//   as = "agent"                            # or "user:NAME", "deny", "caller" (default)
//   max_mode = 660                          # permissions that set and create may give
//   uids = ["user:oracle"]                  # owners that set may give
//   gids = ["group:dba"]                    # groups that set may give
//
//   [[quota]]                               # in this order; the first match holds, for each principal on its own
//   who = ["user:bob"]                      # required; a limit that is absent does not apply
//   segments = 100
//   bytes = "1G"                            # an integer, or with K, M, G
//   attachments = 64
#pragma once

#include <string>

#include "agent/access/policy.hpp"
#include "agent/config/policy_is.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Returns the policy in the text `toml`. `name` is that of the file, for messages. Looks up users and groups, which may
// block; later changes of the user database do not affect the policy. Errors: kBadRequest "NAME:LINE:COLUMN: …" for
// - invalid TOML; unknown tables, keys, operations, users and groups; wrong types; values out of range; empty lists;
// - rules that can never take effect as written: a bound on operations that give nothing, keys or owners for an
//   operation without them, and remote callers that act as themselves.
[[nodiscard]] Result<Policy> parse_policy(const std::string& toml, const std::string& name,
                                          PolicyIs is = PolicyIs::kTheWholeFile);

}  // namespace shmbus::agent
