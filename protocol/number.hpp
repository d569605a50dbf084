// Numbers as people and files write them.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace shmbus {

// The number that the whole of `text` is, if it fits: no spaces, no prefix, and a sign only for signed types. `base` is
// 10 unless given.
template <class Number, class... Base>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, Base... base) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base...);
  return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

// The same for 5679 or 0x162f.
[[nodiscard]] inline std::optional<std::uint64_t> parse_decimal_or_hex(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  return is_hex ? parse_number<std::uint64_t>(text.substr(2), 16) : parse_number<std::uint64_t>(text);
}

}  // namespace shmbus
