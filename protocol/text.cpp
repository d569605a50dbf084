#include "protocol/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace shmbus {
namespace {

// The smallest code point of each length in bytes: a smaller one is an overlong form.
constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};

// Returns the length of the well-formed character at the start of `bytes` and sets `point`, or returns 0 for none.
std::size_t leading_character(std::string_view bytes, std::uint32_t& point) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  const auto ones = static_cast<unsigned>(std::countl_one(lead));  // the length; 0 for one byte, 1 is a continuation
  const std::size_t length = std::max(ones, 1U);
  if (ones == 1 || length >= kSmallest.size() || length > bytes.size()) {
    return 0;
  }
  point = lead & (0x7fU >> ones);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(bytes[i]);
    if ((next & 0xc0U) != 0x80) {
      return 0;
    }
    point = (point << 6U) | (next & 0x3fU);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < kSmallest.at(length) || point > 0x10ffff || surrogate ? 0 : length;
}

void append_escaped(std::string& to, std::string_view bytes) {
  constexpr std::array kDigits{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    to += "\\x";
    to += kDigits.at(value >> 4U);
    to += kDigits.at(value & 0xfU);
  }
}

bool is_control(std::uint32_t point) { return point < 0x20 || (point >= 0x7f && point <= 0x9f); }

template <class Keep>
std::string escape_unless(std::string_view bytes, Keep keep) {
  std::string shown;
  shown.reserve(bytes.size());
  while (!bytes.empty()) {
    std::uint32_t point = 0;
    const std::size_t length = leading_character(bytes, point);
    const std::string_view character = bytes.substr(0, length == 0 ? 1 : length);
    if (length != 0 && keep(point)) {
      shown += character;
    } else {
      append_escaped(shown, character);
    }
    bytes.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  std::uint32_t point = 0;
  while (!bytes.empty()) {
    const std::size_t length = leading_character(bytes, point);
    if (length == 0) {
      return false;
    }
    bytes.remove_prefix(length);
  }
  return true;
}

std::string escape_foreign(std::string_view bytes) {
  return escape_unless(bytes, [](std::uint32_t) { return true; });
}

std::string escape_for_terminal(std::string_view bytes) {
  return escape_unless(bytes, [](std::uint32_t point) { return !is_control(point); });
}

}  // namespace shmbus
