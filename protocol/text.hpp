// Checks and escapes for text. Every string on the wire is valid UTF-8. Names of processes and files come from the
// system as arbitrary bytes, so they are escaped before they enter a message. No state; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace shmbus {

// Returns whether `bytes` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). Empty text counts as such.
[[nodiscard]] bool is_utf8(std::string_view bytes);

// Returns `bytes` with each byte outside well-formed UTF-8 written as \xNN. The result is always UTF-8. It is for
// people: a backslash in `bytes` stays as it is, so the escape cannot be undone.
[[nodiscard]] std::string escape_foreign(std::string_view bytes);

// Does the same, and also escapes control characters (C0 including the newline, DEL, C1), so that the result is safe to
// print on a terminal.
[[nodiscard]] std::string escape_for_terminal(std::string_view bytes);

}  // namespace shmbus
