// The words that policy files and the questions of --explain are made of. Users and groups are looked up in the name
// service of the host (getpwnam(3), getgrnam(3), getgrouplist(3)), which may block. Errors are kBadRequest and quote
// the word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/access/policy.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Decimal, or hexadecimal after 0x; nothing for any other text or more than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> number_from(std::string_view text);

// "4096", "64K", "16M" or "1G".
[[nodiscard]] Result<std::uint64_t> bytes_from(std::string_view text);

// A uid or gid as a number, 0 … 4294967294.
[[nodiscard]] Result<std::uint32_t> id_from(std::string_view number);

[[nodiscard]] Result<Identity> user_named(const std::string& name);
[[nodiscard]] Result<std::uint32_t> group_named(const std::string& name);

// A group by name or number.
[[nodiscard]] Result<std::uint32_t> group_id(const std::string& value);

// The user with this uid; one that the name service does not know is in no group.
[[nodiscard]] Identity user_with(std::uint32_t uid);

// "user:NAME" or "uid:NUMBER".
[[nodiscard]] Result<std::uint32_t> uid_from(std::string_view word);

// "group:NAME" or "gid:NUMBER".
[[nodiscard]] Result<std::uint32_t> gid_from(std::string_view word);

// One of those four, "key:NAME", "local", "remote" or "anyone".
[[nodiscard]] Result<Who> who_from(std::string_view word);

// The name of a CURVE key: letters, digits and any of . _ - @
[[nodiscard]] Result<std::string> key_name_from(std::string_view name);

// "5679", "0x1000-0x1fff" (both ends belong to it) or "private".
[[nodiscard]] Result<KeyRange> keys_from(std::string_view word);

// The operation's name as the table in protocol/operations.hpp has it, which lives for ever. A batch is no such word:
// each of its requests is decided on its own.
[[nodiscard]] Result<std::string_view> operation_from(std::string_view word);

}  // namespace shmbus::agent
