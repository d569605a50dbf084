// Parses the words that policy files and the questions of --explain consist of. Users and groups are looked up, which
// may block, see agent/system/names.hpp. All errors are kBadRequest and quote the word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "agent/access/policy.hpp"
#include "agent/system/names.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Stores the value of `read` in `into`, or returns its error and leaves `into` as it was.
template <class T, class Into>
Result<void> store(Result<T> read, Into& into) {
  if (!read) {
    return std::move(read).error();
  }
  into = *std::move(read);
  return {};
}

// Returns a number of bytes, written as "4096", "64K", "16M" or "1G"; K is 1024.
[[nodiscard]] Result<std::uint64_t> bytes_from(std::string_view text);

// Returns the uid that "user:NAME" or "uid:NUMBER" names. A number need not belong to a known user.
[[nodiscard]] Result<std::uint32_t> uid_from(std::string_view word);

// Returns the gid that "group:NAME" or "gid:NUMBER" names.
[[nodiscard]] Result<std::uint32_t> gid_from(std::string_view word);

// Returns the pattern for a user or group in one of these forms, or for "key:NAME", "local", "remote" or "anyone".
[[nodiscard]] Result<SubjectPattern> subject_pattern_from(std::string_view word);

// Returns the name of a CURVE key: letters, digits and any of . _ - @. The key itself need not exist.
[[nodiscard]] Result<std::string> key_name_from(std::string_view name);

// Returns keys of segments: "5679", "0x1000-0x1fff" (both ends are included) or "private". The number 0 is rejected.
[[nodiscard]] Result<KeyRange> keys_from(std::string_view word);

// Returns the name of an operation, from the table in protocol/operations.hpp, so the view never dangles. "batch" is an
// error: the policy decides about each request of a batch, and not about the batch.
[[nodiscard]] Result<std::string_view> operation_from(std::string_view word);

}  // namespace shmbus::agent
