// Finds users and groups by name or number in the name service of the host (getpwnam(3), getgrnam(3), getgrouplist(3)).
// A lookup may block, and is not thread-safe. Errors are kBadRequest and quote the word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/kernel/credentials.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Returns `word` in double quotes, escaped so that it is safe to print on a terminal.
[[nodiscard]] std::string in_quotes(std::string_view word);
// Returns a kBadRequest error for a word that has no meaning here.
[[nodiscard]] Error not_understood(std::string message, std::string hint = {});

// Returns a uid or gid that is written as a number, decimal or 0x…: 0 to 4294967294. (uid_t)-1 is not an id.
[[nodiscard]] Result<std::uint32_t> id_from(std::string_view number);

// Returns the ids and the groups of a user, or the id of a group. A user's capabilities are left empty. For an unknown
// name that is a number, the hint suggests the prefix "uid:" or "gid:".
[[nodiscard]] Result<Identity> user_named(const std::string& name);
[[nodiscard]] Result<std::uint32_t> group_named(const std::string& name);

// Returns the id of a group given by name or number. A word that is a number is never taken for a name.
[[nodiscard]] Result<std::uint32_t> group_id(const std::string& value);

// Returns the user with this uid. If the name service does not know it, only the uid is set, and there are no groups.
[[nodiscard]] Identity user_with(std::uint32_t uid);

}  // namespace shmbus::agent
