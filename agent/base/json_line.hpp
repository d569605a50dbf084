// Lines of JSON for the log and the audit (JSON Lines).
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

namespace shmbus::agent {

// "2024-02-21T00:32:49.123456Z"
[[nodiscard]] std::string rfc3339(WallTime time);

// The first bytes of `text`, at most `most_bytes`, never cut within a UTF-8 character.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t most_bytes);

// One line of ASCII with its line end, safe to print on a terminal. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& object);

}  // namespace shmbus::agent
