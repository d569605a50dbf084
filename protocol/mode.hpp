// The permissions of a segment, and their conversion between the wire and the kernel, in one place. The decimal digits
// of a mode on the wire are octal digits, so 666 and "0666" both mean rw-rw-rw-.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// The nine permission bits of a segment, 0 to 0777. The flags SHM_DEST and SHM_LOCKED, which shmctl(2) reports in the
// same word, are not part of it.
struct Mode {
  std::uint16_t bits = 0;

  friend bool operator==(Mode, Mode) = default;
};

inline constexpr std::uint16_t kModeBits = 0777;

// Returns the integer that stands for `mode` on the wire: 660 for the bits 0660.
[[nodiscard]] constexpr std::uint32_t mode_digits(Mode mode) {
  const std::uint32_t bits = mode.bits & kModeBits;
  return (bits >> 6U) * 100 + ((bits >> 3U) & 7U) * 10 + (bits & 7U);
}

// Returns three octal digits: "004" for 0004.
[[nodiscard]] std::string mode_text(Mode mode);

// Returns the letters of ls(1): "rw-rw-r--" for 0664.
[[nodiscard]] std::string mode_letters(Mode mode);

// Reads the decimal digits of `number` as octal digits. Errors: kBadRequest for a digit 8 or 9, for more than 777, and
// for a number that looks like a bit mask typed by mistake (432, which is 0660, or 511). The hint shows the likely
// intention.
[[nodiscard]] Result<Mode> mode_from_number(std::int64_t number);

// Reads up to four octal digits, "666" or "0666". It does not guess at bit masks, so a caller can insist on a mode that
// mode_from_number() rejects. Errors: kBadRequest with a hint.
[[nodiscard]] Result<Mode> mode_from_text(std::string_view text);

}  // namespace shmbus
