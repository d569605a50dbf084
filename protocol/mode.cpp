#include "protocol/mode.hpp"

#include <array>
#include <optional>

#include "protocol/number.hpp"

namespace shmbus {
namespace {

// Returns the mode that octal digits spell, or nothing for any other text.
std::optional<Mode> mode_of_digits(std::string_view text) {
  const auto bits = parse_number<std::uint16_t>(text, 8);
  return bits && *bits <= kModeBits ? std::optional(Mode{*bits}) : std::nullopt;
}

// Returns whether group or others have a right that the class before them lacks: rarely intended, and usual for a bit
// mask whose decimal digits are read as octal digits.
bool rights_grow(Mode mode) {
  const unsigned owner = mode.bits >> 6U;
  const unsigned group = (mode.bits >> 3U) & 7U;
  const unsigned others = mode.bits & 7U;
  return (group & ~owner) != 0 || (others & ~group) != 0;
}

std::string hint_for_number(std::int64_t number, bool spells_a_mode) {
  std::string hint = "the decimal digits of a mode are octal digits: 666 means rw-rw-rw-";
  if (number >= 0 && number <= kModeBits) {
    const std::string digits = mode_text(Mode{static_cast<std::uint16_t>(number)});
    hint += "; for the bit mask 0o" + digits + " write " + digits;
  }
  if (spells_a_mode) {
    hint += "; to insist, write it as a string: \"" + std::to_string(number) + "\"";
  }
  return hint;
}

}  // namespace

std::string mode_text(Mode mode) {
  const std::string digits = std::to_string(mode_digits(mode));
  return std::string(3 - digits.size(), '0') + digits;
}

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
  const std::optional<Mode> mode = mode_of_digits(std::to_string(number));
  if (mode && !rights_grow(*mode) && number != kAllBitsTyped) {
    return *mode;
  }
  const std::string why = mode ? " looks like a bit mask" : " is not three octal digits, 0 to 777";
  return Error{.code = ErrorCode::kBadRequest,
               .message = "mode " + std::to_string(number) + why,
               .hint = hint_for_number(number, mode.has_value())};
}

Result<Mode> mode_from_text(std::string_view text) {
  const std::optional<Mode> mode = mode_of_digits(text);
  if (mode && text.size() <= 4) {
    return *mode;
  }
  const bool has_prefix = text.starts_with("0o") && mode_of_digits(text.substr(2));
  return Error{.code = ErrorCode::kBadRequest,
               .message = "mode \"" + std::string(text) + "\" is not three octal digits, 0 to 777",
               .hint = has_prefix ? "write \"" + std::string(text.substr(2)) + "\""
                                  : "the digits of a mode are octal digits, \"666\" means rw-rw-rw-"};
}

}  // namespace shmbus
