#include "protocol/codec/request_reader.hpp"

#include <charconv>
#include <limits>
#include <span>

#include "protocol/limits.hpp"
#include "protocol/text.hpp"

namespace shmbus::codec {
namespace {

constexpr std::uint64_t kNoEpoch = 0;  // epochs begin at 1

// An integer as sign and magnitude, so that both ends of 64 bits fit.
struct Number {
  bool negative = false;
  std::uint64_t magnitude = 0;
};

// "5679", "0x162f", "-1"; nothing else in the text.
std::optional<Number> parse_number(std::string_view text) {
  Number number;
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number.magnitude, base);
  if (problem != std::errc{} || stopped != end) {
    return std::nullopt;
  }
  return number;
}

std::optional<Number> number_in(const msgpack::object& object, bool or_text) {
  if (object.type == msgpack::type::POSITIVE_INTEGER) {
    return Number{.magnitude = object.via.u64};
  }
  if (object.type == msgpack::type::NEGATIVE_INTEGER) {
    return Number{.negative = true, .magnitude = std::uint64_t{0} - static_cast<std::uint64_t>(object.via.i64)};
  }
  return or_text && object.type == msgpack::type::STR ? parse_number(text_of(object)) : std::nullopt;
}

}  // namespace

Error bad_request(std::string message, std::string hint) {
  return {.code = ErrorCode::kBadRequest, .message = std::move(message), .hint = std::move(hint)};
}

std::optional<RequestId> read_id(const msgpack::object& object) {
  if (object.type == msgpack::type::POSITIVE_INTEGER) {
    return object.via.u64;
  }
  if (object.type == msgpack::type::NEGATIVE_INTEGER) {
    return object.via.i64;
  }
  if (object.type == msgpack::type::STR && object.via.str.size <= limits::kMaxIdBytes && is_utf8(text_of(object))) {
    return std::string(text_of(object));
  }
  return std::nullopt;
}

void RequestReader::fail(Error error) {
  if (!error_) {
    error_ = std::move(error);
  }
}

void RequestReader::refuse(const Item& item, std::string hint) {
  fail(
      bad_request(std::string(item.spec.name) + ": " + describe_type(item.spec) + " expected, got " + shown(item.value),
                  std::move(hint)));
}

std::optional<std::uint64_t> RequestReader::key(const Item& item) {
  constexpr std::uint64_t kMaxKey = std::numeric_limits<Key>::max();
  constexpr std::uint64_t kMinSigned = std::uint64_t{1} << 31U;
  const bool is_new = item.spec.type == FieldType::kNewKey;
  if (is_new && item.value.type == msgpack::type::STR && text_of(item.value) == "private") {
    return kPrivateKey;
  }
  const auto number = number_in(item.value, true);
  if (!number || number->magnitude > (number->negative ? kMinSigned : kMaxKey)) {
    refuse(item);
    return std::nullopt;
  }
  if (is_new && number->magnitude == kPrivateKey) {
    refuse(item, "for a private segment write \"private\"");
    return std::nullopt;
  }
  return number->negative ? (std::uint64_t{1} << 32U) - number->magnitude : number->magnitude;
}

std::optional<std::uint64_t> RequestReader::integer(const Item& item) {
  if (item.spec.type == FieldType::kKey || item.spec.type == FieldType::kNewKey) {
    return key(item);
  }
  const auto number = number_in(item.value, item.spec.type == FieldType::kShmId);
  if (number && number->negative && item.spec.type == FieldType::kEpoch) {
    return kNoEpoch;
  }
  if (!number || (number->negative && number->magnitude != 0) || number->magnitude < item.spec.min ||
      number->magnitude > item.spec.max) {
    refuse(item);
    return std::nullopt;
  }
  return number->magnitude;
}

void RequestReader::read(const Item& item, bool& flag) {
  if (item.value.type != msgpack::type::BOOLEAN) {
    refuse(item);
    return;
  }
  flag = item.value.via.boolean;
}

void RequestReader::read(const Item& item, Mode& mode) {
  constexpr std::size_t kEnoughText = 60;  // longer than any mode, short enough for a hint
  const msgpack::object& value = item.value;
  if (is_integer(value)) {
    const bool fits = value.type == msgpack::type::NEGATIVE_INTEGER || std::in_range<std::int64_t>(value.via.u64);
    const auto read_mode = mode_from_number(fits ? value.via.i64 : std::numeric_limits<std::int64_t>::max());
    if (read_mode) {
      mode = *read_mode;
    } else if (mode_from_text(shown(value))) {
      fail(read_mode.error());  // says what it looks like
    } else {
      refuse(item, read_mode.error().hint);
    }
  } else if (value.type == msgpack::type::STR) {
    const auto read_mode = mode_from_text(text_of(value).substr(0, kEnoughText));
    if (read_mode) {
      mode = *read_mode;
    } else {
      refuse(item, read_mode.error().hint);
    }
  } else {
    refuse(item);
  }
}

void RequestReader::read(const Item& item, std::string& text) {
  if (item.value.type != msgpack::type::STR || item.value.via.str.size < item.spec.min ||
      item.value.via.str.size > item.spec.max) {
    refuse(item);
  } else if (!is_utf8(text_of(item.value))) {
    fail(bad_request(std::string(item.spec.name) + ": not UTF-8, got " + shown(item.value)));
  } else {
    text = text_of(item.value);
  }
}

void RequestReader::read(const Item& item, RequestId& id) {
  if (auto read = read_id(item.value)) {
    id = *std::move(read);
  } else {
    refuse(item);
  }
}

void RequestReader::data(FieldName name, std::string_view& bytes, bool text) {
  if (!is_there(name)) {
    return;
  }
  const Item item = this->item(name);
  const bool is_str = item.value.type == msgpack::type::STR;
  if (!is_str && item.value.type != msgpack::type::BIN) {
    refuse(item);
    return;
  }
  bytes = is_str ? text_of(item.value) : std::string_view(item.value.via.bin.ptr, item.value.via.bin.size);
  const std::size_t written = bytes.size() + (text ? 1 : 0);
  if (text && !is_str) {
    fail(bad_request("data: string expected with text, got " + shown(item.value)));
  } else if (written > limits::kMaxDataBytes) {
    fail({.code = ErrorCode::kTooLarge,
          .message = "data: " + std::to_string(written) + " bytes" + (text ? " with the NUL" : "") + ", at most " +
                     std::to_string(limits::kMaxDataBytes) + " go into one write",
          .hint = "write it in pieces"});
  } else if (is_str && !is_utf8(bytes)) {
    fail(bad_request("data: a string that is not UTF-8", "send bytes as bin"));
  } else if (text && bytes.find('\0') != std::string_view::npos) {
    fail(bad_request("data: text with a NUL at byte " + std::to_string(bytes.find('\0')), "write it without text"));
  }
}

void RequestReader::requests(FieldName name, std::vector<BatchItem>& items) {
  if (!is_there(name)) {
    return;
  }
  const Item item = this->item(name);
  if (item.value.type != msgpack::type::ARRAY || item.value.via.array.size > item.spec.max) {
    refuse(item);
    return;
  }
  items.reserve(item.value.via.array.size);
  for (const msgpack::object& each : std::span(item.value.via.array.ptr, item.value.via.array.size)) {
    DecodedRequest decoded = read_batched(each);
    const bool ok = std::holds_alternative<Request>(decoded.request);
    items.push_back({std::move(decoded.id), std::move(decoded.request), ok ? std::string() : packed(each)});
  }
}

}  // namespace shmbus::codec
