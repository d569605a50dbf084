// Writes JSON Lines (one JSON object on each line) for the log and the audit.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

namespace shmbus::agent {

// Returns `time` in UTC with microseconds, as in RFC 3339: "2024-02-21T00:32:49.123456Z".
[[nodiscard]] std::string rfc3339(WallTime time);

// Returns the start of `text`, at most `most_bytes` bytes, without cutting a UTF-8 character in two. Borrows `text`.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t most_bytes);

// Returns `object` on one line, with its line end. The line is ASCII and safe to print on a terminal: other characters
// are escaped, and bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& object);

}  // namespace shmbus::agent
