// Policy files: TOML, see deploy/policy.example.toml. Strict, because a word that is not understood may be the one that
// was to protect something.
//
//   [[rule]]                                # in order, the first that matches decides
//   who = ["group:dba", "key:backup"]       # user: uid: group: gid: key: local remote anyone; required
//   operations = ["set", "stat"]            # default: all
//   keys = [5679, "5000-5999", "private"]   # of the segment; default: any, or no segment
//   owners = ["user:oracle", "uid:999"]     # of the segment; default: any, or no segment
//   as = "agent"                            # or "user:NAME", "deny", "caller" (default)
//   max_mode = 660                          # bounds on what set and create give
//   uids = ["user:oracle"]
//   gids = ["group:dba"]
//
//   [[quota]]                               # in order, the first that matches counts, for each principal on its own
//   who = ["user:bob"]                      # required; what is not bounded below is free
//   segments = 100
//   bytes = "1G"                            # an integer, or with K, M, G
//   attachments = 64
#pragma once

#include <string>

#include "agent/access/policy.hpp"
#include "agent/config/policy_is.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The policy that `toml` says; `name` is the file's, for messages. Looks users and groups up, which may block.
// Errors: kBadRequest "NAME:LINE:COLUMN: …" for what is no TOML; unknown tables, keys, operations, users, groups; wrong
// types; values out of range; empty lists; and what could never have an effect: a bound where nothing is given, a key
// for an operation without a segment, callers acting as themselves where all are remote.
[[nodiscard]] Result<Policy> parse_policy(const std::string& toml, const std::string& name,
                                          PolicyIs is = PolicyIs::kTheWholeFile);

}  // namespace shmbus::agent
