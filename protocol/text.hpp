// UTF-8 on the wire: strings are valid UTF-8, and bytes that are not are shown escaped.
#pragma once

#include <string>
#include <string_view>

namespace shmbus {

// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view bytes);

// `bytes` with what is not well-formed UTF-8 written as \xNN. Names of processes and files may need it.
[[nodiscard]] std::string escape_foreign(std::string_view bytes);

// The same, with control characters (C0, DEL, C1) escaped as well: safe to print on a terminal.
[[nodiscard]] std::string escape_for_terminal(std::string_view bytes);

}  // namespace shmbus
