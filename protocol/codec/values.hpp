// Msgpack objects judged by their value, not by the format in which a client's library happens to write it.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/commands.hpp"

namespace shmbus::codec {

// An integer as sign and magnitude, so that both ends of 64 bits fit. Zero is not negative.
struct Number {
  bool negative = false;
  std::uint64_t magnitude = 0;

  // The number as a T, if T has it.
  template <std::integral T>
  [[nodiscard]] std::optional<T> as() const {
    if (!negative) {
      return std::in_range<T>(magnitude) ? std::optional(static_cast<T>(magnitude)) : std::nullopt;
    }
    constexpr std::uint64_t kMostNegative = std::uint64_t{1} << 63U;
    const auto value = static_cast<std::int64_t>(std::uint64_t{0} - magnitude);
    return magnitude <= kMostNegative && std::in_range<T>(value) ? std::optional(static_cast<T>(value)) : std::nullopt;
  }
};

// An integer in any format, or a float that is whole and at most 2^53 either way.
[[nodiscard]] std::optional<Number> number_of(const msgpack::object& object);

// A number as people write it: "5679", "0x162f", "-1", and nothing else in the text.
[[nodiscard]] std::optional<Number> number_in(std::string_view text);

// The bytes of a str or bin, borrowed from the object.
[[nodiscard]] std::optional<std::string_view> bytes_of(const msgpack::object& object);

// The same if they are UTF-8.
[[nodiscard]] std::optional<std::string_view> text_of(const msgpack::object& object);

// A valid `id`: an integer, or UTF-8 of at most kMaxIdBytes.
[[nodiscard]] std::optional<RequestId> id_of(const msgpack::object& object);

// The first value whose key is `name`, or nullptr.
[[nodiscard]] const msgpack::object* find(const msgpack::object_map& map, std::string_view name);

// For messages: escaped, quoted, cut to about 60 characters.
[[nodiscard]] std::string shown(std::string_view text);
[[nodiscard]] std::string shown(const msgpack::object& object);

// The object as bytes again, each value in its shortest form.
[[nodiscard]] std::string packed(const msgpack::object& object);

}  // namespace shmbus::codec
