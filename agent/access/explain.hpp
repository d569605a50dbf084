// Explains the decision of a policy about one request: --explain 'user=bob op=set shm_key=5679 mode=666'.
#pragma once

#include <string>

#include "agent/access/policy.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Answers a question about `policy`. A question consists of words NAME=VALUE in any order, each at most once:
//
//   op        the operation; required
//   user      the caller: a local user by name, in the groups that the name service lists
//   uid       the same user by number
//   group     one more group of that user, name or number; may be repeated
//   key       the caller: the name of a CURVE key; without user, uid and key the caller is remote and anonymous
//   shm_key   the segment's key, or "private"; required where the operation concerns a segment
//   owner     the segment's owner, name or number
//   mode      set, create: the mode to give
//   to_uid    set: the owner to give, name or number
//   to_gid    set: the group to give, name or number
//
// Returns two lines. The first is the decision, with the line of the rule or the reason for a denial. The second is the
// caller as the question was understood; it warns if rules with owners were skipped because the question names no
// owner. Looks up users and groups, which may block. Errors: kBadRequest for words that are unknown, repeated or
// missing, that exclude each other, or that have an invalid value.
[[nodiscard]] Result<std::string> explain(const Policy& policy, const std::string& question);

}  // namespace shmbus::agent
