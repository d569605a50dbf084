#include "protocol/mode.hpp"

#include <array>
#include <optional>

namespace shmbus {
namespace {

// Reads up to four octal digits; nothing for any other text.
std::optional<std::uint32_t> octal(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  std::uint32_t bits = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7' || bits > kModeBits) {
      return std::nullopt;
    }
    bits = bits * 8 + static_cast<std::uint32_t>(digit - '0');
  }
  return bits;
}

// True where group or others have a right that the class before them lacks: rare in earnest, usual for a bit mask
// whose decimal digits are read as octal ones.
bool rights_grow(std::uint32_t bits) {
  const std::uint32_t owner = bits >> 6U;
  const std::uint32_t group = (bits >> 3U) & 7U;
  const std::uint32_t others = bits & 7U;
  return (group & ~owner) != 0 || (others & ~group) != 0;
}

std::string digits_of(std::uint32_t bits) {
  const std::string digits = std::to_string(mode_digits(Mode{static_cast<std::uint16_t>(bits)}));
  return std::string(3 - digits.size(), '0') + digits;
}

std::string hint_for_number(std::int64_t number, bool spells_a_mode) {
  std::string hint = "the decimal digits of a mode are octal digits, 666 means rw-rw-rw-";
  if (number >= 0 && number <= kModeBits) {
    hint += "; for the bit mask 0o" + digits_of(static_cast<std::uint32_t>(number)) + " write " +
            digits_of(static_cast<std::uint32_t>(number));
  }
  if (spells_a_mode) {
    hint += "; to insist, write it as a string: \"" + std::to_string(number) + "\"";
  }
  return hint;
}

}  // namespace

std::string mode_letters(Mode mode) {
  constexpr std::string_view kLetters = "rwxrwxrwx";
  std::string letters(kLetters);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if ((mode.bits & (0400U >> i)) == 0) {
      letters[i] = '-';
    }
  }
  return letters;
}

Result<Mode> mode_from_number(std::int64_t number) {
  constexpr std::int64_t kAllBitsTyped = 0777;  // 511: its digits would pass for a mode
  const std::optional<std::uint32_t> bits = octal(std::to_string(number));
  const bool spells_a_mode = bits.has_value() && *bits <= kModeBits;
  if (spells_a_mode && !rights_grow(*bits) && number != kAllBitsTyped) {
    return Mode{static_cast<std::uint16_t>(*bits)};
  }
  const std::string why = spells_a_mode ? " looks like a bit mask" : " is not three octal digits, 0 to 777";
  return Error{.code = ErrorCode::kBadRequest,
               .message = "mode " + std::to_string(number) + why,
               .hint = hint_for_number(number, spells_a_mode)};
}

Result<Mode> mode_from_text(std::string_view text) {
  const std::optional<std::uint32_t> bits = octal(text);
  if (bits.has_value() && *bits <= kModeBits && text.size() <= 4) {
    return Mode{static_cast<std::uint16_t>(*bits)};
  }
  const bool has_prefix = text.starts_with("0o") && octal(text.substr(2)).value_or(01000) <= kModeBits;
  return Error{.code = ErrorCode::kBadRequest,
               .message = "mode \"" + std::string(text) + "\" is not three octal digits, 0 to 777",
               .hint = has_prefix ? "write \"" + std::string(text.substr(2)) + "\""
                                  : "the digits of a mode are octal digits, \"666\" means rw-rw-rw-"};
}

}  // namespace shmbus
