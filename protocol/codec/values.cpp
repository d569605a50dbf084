#include "protocol/codec/values.hpp"

#include <cmath>
#include <span>

#include "protocol/limits.hpp"
#include "protocol/number.hpp"
#include "protocol/text.hpp"

namespace shmbus::codec {
namespace {

constexpr std::size_t kShownBytes = 60;
constexpr double kMostExact = 9007199254740992.0;  // 2^53; a double above it skips integers

std::optional<Number> number_of(double value) {
  if (std::trunc(value) != value || std::abs(value) > kMostExact) {  // also for a NaN
    return std::nullopt;
  }
  return Number{.negative = value < 0, .magnitude = static_cast<std::uint64_t>(std::abs(value))};
}

}  // namespace

std::optional<Number> number_of(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::POSITIVE_INTEGER:
      return Number{.magnitude = object.via.u64};
    case msgpack::type::NEGATIVE_INTEGER:
      return Number{.negative = true, .magnitude = std::uint64_t{0} - static_cast<std::uint64_t>(object.via.i64)};
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return number_of(object.via.f64);
    default:
      return std::nullopt;
  }
}

std::optional<Number> number_in(std::string_view text) {
  const bool minus = text.starts_with('-');
  const std::optional<std::uint64_t> magnitude = parse_decimal_or_hex(text.substr(minus ? 1 : 0));
  if (!magnitude) {
    return std::nullopt;
  }
  return Number{.negative = minus && *magnitude != 0, .magnitude = *magnitude};
}

std::optional<std::string_view> bytes_of(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::STR:
      return std::string_view(object.via.str.ptr, object.via.str.size);
    case msgpack::type::BIN:
      return std::string_view(object.via.bin.ptr, object.via.bin.size);
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> text_of(const msgpack::object& object) {
  const std::optional<std::string_view> bytes = bytes_of(object);
  return bytes && is_utf8(*bytes) ? bytes : std::nullopt;
}

std::optional<RequestId> id_of(const msgpack::object& object) {
  if (const std::optional<Number> number = number_of(object)) {
    return number->negative ? RequestId(number->as<std::int64_t>().value()) : RequestId(number->magnitude);
  }
  const std::optional<std::string_view> text = text_of(object);
  if (!text || text->size() > limits::kMaxIdBytes) {
    return std::nullopt;
  }
  return object.type == msgpack::type::BIN ? RequestId(BinText{std::string(*text)}) : RequestId(std::string(*text));
}

const msgpack::object* find(const msgpack::object_map& map, std::string_view name) {
  for (const auto& [key, value] : std::span(map.ptr, map.size)) {
    if (bytes_of(key) == name) {
      return &value;
    }
  }
  return nullptr;
}

std::string shown(std::string_view text) {
  // The first cut may split a character; its escape then lies beyond kShownBytes, where the second cut drops it.
  std::string escaped = escape_for_terminal(text.substr(0, kShownBytes + 4));
  if (escaped.size() <= kShownBytes) {
    return '"' + escaped + '"';
  }
  std::size_t end = kShownBytes;
  while (!is_utf8(std::string_view(escaped).substr(0, end))) {
    --end;
  }
  escaped.resize(end);
  return '"' + escaped + "…\"";
}

std::string shown(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::NIL:
      return "nil";
    case msgpack::type::BOOLEAN:
      return object.via.boolean ? "true" : "false";
    case msgpack::type::POSITIVE_INTEGER:
      return std::to_string(object.via.u64);
    case msgpack::type::NEGATIVE_INTEGER:
      return std::to_string(object.via.i64);
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return "a float";
    case msgpack::type::STR:
      return shown(*bytes_of(object));
    case msgpack::type::BIN:
      return text_of(object) ? shown(*text_of(object)) : "bin of " + std::to_string(object.via.bin.size) + " bytes";
    case msgpack::type::ARRAY:
      return "array of " + std::to_string(object.via.array.size);
    case msgpack::type::MAP:
      return "map of " + std::to_string(object.via.map.size);
    case msgpack::type::EXT:
      return "ext";
  }
  return "nothing";
}

std::string packed(const msgpack::object& object) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, object);
  return {buffer.data(), buffer.size()};
}

}  // namespace shmbus::codec
