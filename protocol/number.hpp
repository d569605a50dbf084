// Parsers for numbers in options and files. No locale, no state; safe from any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace shmbus {

// Returns the number that the whole of `text` spells, or nothing if it spells no number or one out of the range of
// Number. Spaces, a prefix such as 0x and a plus sign are not accepted, a minus sign only for signed types. `base` is
// 10 unless given.
template <class Number, class... Base>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, Base... base) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base...);
  return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

// Returns the number that `text` spells in decimal, or in hexadecimal after 0x or 0X: 5679, 0x162f.
[[nodiscard]] inline std::optional<std::uint64_t> parse_decimal_or_hex(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  return is_hex ? parse_number<std::uint64_t>(text.substr(2), 16) : parse_number<std::uint64_t>(text);
}

}  // namespace shmbus
