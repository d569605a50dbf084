// Permissions between the wire and the kernel, in one place: the decimal digits of a mode on the wire are octal
// digits, so 666 and "0666" both mean rw-rw-rw-.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// The nine permission bits of a segment, 0 … 0777.
struct Mode {
  std::uint16_t bits = 0;

  friend bool operator==(Mode, Mode) = default;
};

inline constexpr std::uint16_t kModeBits = 0777;

// 432 (0660) -> 660.
[[nodiscard]] constexpr std::uint32_t mode_digits(Mode mode) {
  const std::uint32_t bits = mode.bits & kModeBits;
  return (bits >> 6U) * 100 + ((bits >> 3U) & 7U) * 10 + (bits & 7U);
}

// 0004 -> "004".
[[nodiscard]] std::string mode_text(Mode mode);

// 0664 -> "rw-rw-r--".
[[nodiscard]] std::string mode_letters(Mode mode);

// The mode that the digits of `number` spell. kBadRequest with a hint that shows the likely intention for a digit 8
// or 9, for more than 777, and for what looks like a bit mask typed by mistake (432 for 0660).
[[nodiscard]] Result<Mode> mode_from_number(std::int64_t number);

// The mode that "666" or "0666" spells; no guess is made about bit masks, so a caller can insist.
[[nodiscard]] Result<Mode> mode_from_text(std::string_view text);

}  // namespace shmbus
