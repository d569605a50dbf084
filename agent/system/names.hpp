// Users and groups by name or number, from the name service of the host (getpwnam(3), getgrnam(3), getgrouplist(3)),
// which may block. Errors are kBadRequest and quote the word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/kernel/credentials.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// `word` safe to print, in quotes, and the error about one.
[[nodiscard]] std::string in_quotes(std::string_view word);
[[nodiscard]] Error not_understood(std::string message, std::string hint = {});

// A uid or gid as a number, 0 … 4294967294.
[[nodiscard]] Result<std::uint32_t> id_from(std::string_view number);

[[nodiscard]] Result<Identity> user_named(const std::string& name);
[[nodiscard]] Result<std::uint32_t> group_named(const std::string& name);

// A group by name or number.
[[nodiscard]] Result<std::uint32_t> group_id(const std::string& value);

// The user with this uid; one that the name service does not know is in no group.
[[nodiscard]] Identity user_with(std::uint32_t uid);

}  // namespace shmbus::agent
