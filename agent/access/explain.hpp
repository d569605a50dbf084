// What a policy says to one question: --explain 'user=bob op=set shm_key=5679 mode=666'.
#pragma once

#include <string>

#include "agent/access/policy.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The words of a question, each NAME=VALUE, once, in any order:
//
//   op        the operation; required
//   user      who asks: a local user by name, in the groups that the name service tells
//   uid       the same by number
//   group     one more group of that user, name or number; may be repeated
//   key       who asks: the name of a CURVE key; without user, uid and key it is an anonymous remote caller
//   shm_key   the segment's key, or "private"; required where the operation concerns a segment
//   owner     the segment's owner, name or number
//   mode      set, create: the mode to give
//   to_uid    set: the owner to give, name or number
//   to_gid    set: the group to give, name or number
//
// The answer is two lines: the decision, with the line of the rule and the reason for a denial; and who asked, as it
// was understood, with a warning if rules with owners could not be judged because the question names none. Looks users
// and groups up, which may block. Errors: kBadRequest for unknown, repeated, missing words and values that can't be.
[[nodiscard]] Result<std::string> explain(const Policy& policy, const std::string& question);

}  // namespace shmbus::agent
