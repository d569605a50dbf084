// Accessors to msgpack objects that go by the value, not by the format in which a client's library happens to write it:
// PROTOCOL.md, "Requests", has the table. Those with an optional result return nothing for an object of another type.
// Views are borrowed from the object, and with it from the frame.
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

// An integer as sign and magnitude, so that it holds every value of int64_t and uint64_t. Zero is not negative.
struct Number {
  bool negative = false;
  std::uint64_t magnitude = 0;

  // Returns the number as a T, or nothing if it is outside the range of T.
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

// Accepts an integer in any format, and a float that is whole and between -2^53 and 2^53.
[[nodiscard]] std::optional<Number> number_of(const msgpack::object& object);

// Reads a number from text that holds nothing else: "5679", "0x162f", "-1".
[[nodiscard]] std::optional<Number> number_in(std::string_view text);

// Returns the bytes of a str or bin.
[[nodiscard]] std::optional<std::string_view> bytes_of(const msgpack::object& object);

// Returns the bytes of a str or bin if they are UTF-8.
[[nodiscard]] std::optional<std::string_view> text_of(const msgpack::object& object);

// Returns a valid `id`: an integer, or UTF-8 of at most kMaxIdBytes.
[[nodiscard]] std::optional<RequestId> id_of(const msgpack::object& object);

// Returns the first value whose key is `name`, or nullptr. A linear search: maps have at most kMaxMapEntries.
[[nodiscard]] const msgpack::object* find(const msgpack::object_map& map, std::string_view name);

// Return the value for an error message. Text is escaped, quoted and cut to about 60 characters; a container is
// counted.
[[nodiscard]] std::string shown(std::string_view text);
[[nodiscard]] std::string shown(const msgpack::object& object);

// Encodes the object again, each value in the shortest encoding of its type.
[[nodiscard]] std::string packed(const msgpack::object& object);

}  // namespace shmbus::codec
