// Replies and events for people: each field is shown by its name. Everything is safe to print on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tools/shared/json.hpp"

namespace shmbus {

// 1.5 and "KiB" for 1536: the amount in the largest unit of which there is one.
[[nodiscard]] std::pair<double, const char*> in_unit(double bytes);

// One value: "5679 (0x162f)" for a shm_key, "664 rw-rw-r--" for a mode, "1000 (ada)" for a uid, and so on.
[[nodiscard]] std::string text_of_field(std::string_view name, const Json& value);

// A reply that is ok, as lines, each with its newline: a table for list, a line per event for events, else the fields
// of the result beneath each other; `epoch` and `seq` where the result is empty.
[[nodiscard]] std::string text_of_reply(const Json& reply);

// One event in one line, without a newline.
[[nodiscard]] std::string text_of_event(const Json& event);

}  // namespace shmbus
