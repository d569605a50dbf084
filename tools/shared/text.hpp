// Formats replies and events for people. The name of a field decides how its value is shown: as a size, time, mode,
// key, user or group. All text from the agent is escaped, so the result is safe to print on a terminal. Times are
// local. Users and groups are looked up in the name service, which is not thread-safe (getpwuid(3), getgrgid(3)).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tools/shared/json.hpp"

namespace shmbus {

// Returns `bytes` in the largest binary unit, B to EiB, of which it holds at least one: 1.5 and "KiB" for 1536. The
// unit is a literal.
[[nodiscard]] std::pair<double, const char*> in_unit(double bytes);

// Returns one value as text: "5679 (0x162f)" for a shm_key, "664 rw-rw-r--" for a mode, "1000 (ada)" for a uid, "yes"
// or "no" for a flag, the items of an array separated by commas. Fields with other names are shown as they are.
[[nodiscard]] std::string text_of_field(std::string_view name, const Json& value);

// Returns a successful reply as lines, each with its newline. The form depends on the result:
// - list: a table with one row per segment.
// - events: one line per event.
// - batch: each reply under its number, with code and message if it failed.
// - an empty result: the reply's `epoch` and `seq`.
// - all others: one field per line, nested ones as "limits.shmmax".
[[nodiscard]] std::string text_of_reply(const Json& reply);

// Returns one event as one line without a newline: local time, kind, segment, the range written or what changed, seq,
// source, and the actor as far as it is known.
[[nodiscard]] std::string text_of_event(const Json& event);

}  // namespace shmbus
