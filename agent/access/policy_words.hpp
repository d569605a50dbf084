// The words that policy files and the questions of --explain are made of. Users and groups are looked up, see
// agent/system/names.hpp. Errors are kBadRequest and quote the word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "agent/access/policy.hpp"
#include "agent/system/names.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Keeps a value that was read, or passes its error on.
template <class T, class Into>
Result<void> store(Result<T> read, Into& into) {
  if (!read) {
    return std::move(read).error();
  }
  into = *std::move(read);
  return {};
}

// "4096", "64K", "16M" or "1G".
[[nodiscard]] Result<std::uint64_t> bytes_from(std::string_view text);

// "user:NAME" or "uid:NUMBER".
[[nodiscard]] Result<std::uint32_t> uid_from(std::string_view word);

// "group:NAME" or "gid:NUMBER".
[[nodiscard]] Result<std::uint32_t> gid_from(std::string_view word);

// One of those four, "key:NAME", "local", "remote" or "anyone".
[[nodiscard]] Result<SubjectPattern> subject_pattern_from(std::string_view word);

// The name of a CURVE key: letters, digits and any of . _ - @
[[nodiscard]] Result<std::string> key_name_from(std::string_view name);

// "5679", "0x1000-0x1fff" (both ends belong to it) or "private".
[[nodiscard]] Result<KeyRange> keys_from(std::string_view word);

// The operation's name as the table in protocol/operations.hpp has it, which lives for ever. A batch is no such word:
// each of its requests is decided on its own.
[[nodiscard]] Result<std::string_view> operation_from(std::string_view word);

}  // namespace shmbus::agent
