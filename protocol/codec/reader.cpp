#include "protocol/codec/reader.hpp"

#include <limits>

#include "protocol/limits.hpp"
#include "protocol/text.hpp"

namespace shmbus::codec {

Error bad_request(std::string message, std::string hint) {
  return {.code = ErrorCode::kBadRequest, .message = std::move(message), .hint = std::move(hint)};
}

Reader::Reader(const msgpack::object& object, const Operation* asked, DataIs data_is)
    : asked_(asked), data_is_(data_is) {
  if (object.type == msgpack::type::MAP) {
    map_ = object.via.map;
  } else {
    fail({.code = ErrorCode::kInternal, .message = "map expected, got " + shown(object)});
  }
}

std::optional<Reader::Field> Reader::find_field(std::string_view name) const {
  const msgpack::object* const value = error_ ? nullptr : find(map_, name);
  if (value == nullptr || value->is_nil()) {
    return std::nullopt;
  }
  return Field{name, *value, spec_ == nullptr ? nullptr : spec_->field(name)};
}

std::optional<Reader::Field> Reader::find_required(std::string_view name) {
  const std::optional<Field> found = find_field(name);
  if (found) {
    return found;
  }
  const FieldSpec* const spec = spec_ == nullptr ? nullptr : spec_->field(name);
  if (spec_ == nullptr) {
    fail({.code = ErrorCode::kInternal, .message = std::string(name) + ": missing"});
  } else if (spec->required) {
    fail(bad_request(std::string(name) + ": missing; " + std::string(spec_->name) +
                     " requires it: " + describe_type(*spec)));
  }
  return std::nullopt;
}

void Reader::fail(Error error) {
  if (!error_) {
    error_ = std::move(error);
  }
}

void Reader::reject(const Field& field, std::string hint) {
  const std::string name(field.name);
  if (field.spec == nullptr) {
    fail({.code = ErrorCode::kInternal, .message = name + ": unexpected value, " + shown(field.value)});
  } else {
    fail(bad_request(name + ": " + describe_type(*field.spec) + " expected, got " + shown(field.value),
                     std::move(hint)));
  }
}

// Numbers

std::optional<Number> Reader::checked_number(const Field& field) {
  const FieldType type = field.spec->type;
  if (type == FieldType::kKey || type == FieldType::kNewKey) {
    return checked_key(field);
  }
  std::optional<Number> number = number_of(field.value);
  if (!number && type == FieldType::kShmId) {
    number = number_in(text_of(field.value).value_or(""));
  }
  if (number && number->negative && type == FieldType::kEpoch) {
    return Number{};  // matches no epoch: they begin at 1
  }
  const bool in_range =
      number && !number->negative && number->magnitude >= field.spec->min && number->magnitude <= field.spec->max;
  return in_range ? number : std::nullopt;
}

std::optional<Number> Reader::checked_key(const Field& field) {
  constexpr std::uint64_t kKeys = std::uint64_t{1} << 32U;
  const bool is_new = field.spec->type == FieldType::kNewKey;
  const std::string_view text = text_of(field.value).value_or("");
  if (is_new && text == "private") {
    return Number{.magnitude = kPrivateKey};
  }
  const std::optional<Number> number = text.empty() ? number_of(field.value) : number_in(text);
  if (!number || number->magnitude > (number->negative ? kKeys / 2 : kKeys - 1)) {
    return std::nullopt;
  }
  if (is_new && number->magnitude == kPrivateKey) {
    reject(field, "for a private segment, write \"private\"");
    return std::nullopt;
  }
  return Number{.magnitude = number->negative ? kKeys - number->magnitude : number->magnitude};
}

void Reader::chosen_mode(std::string_view name, Mode& mode) {
  constexpr std::size_t kEnoughText = 60;  // longer than any mode, short enough for a hint
  const std::optional<Field> field = find_required(name);
  if (!field) {
    return;
  }
  const std::optional<Number> number = number_of(field->value);
  const std::optional<std::string_view> text = text_of(field->value);
  if (!number && !text) {
    reject(*field);
    return;
  }
  const std::int64_t digits =
      number ? number->as<std::int64_t>().value_or(std::numeric_limits<std::int64_t>::max()) : 0;
  const Result<Mode> read = number ? mode_from_number(digits) : mode_from_text(text->substr(0, kEnoughText));
  if (read) {
    mode = *read;
  } else if (number && mode_from_text(std::to_string(digits))) {
    fail(read.error());  // its message names the likely mistake
  } else {
    reject(*field, read.error().hint);
  }
}

void Reader::chosen_mode(std::string_view name, std::optional<Mode>& mode) {
  if (find_field(name)) {
    chosen_mode(name, mode.emplace());
  }
}

bool Reader::read(const Field& field, Mode& mode) {
  std::uint32_t digits = 0;
  if (!read(field, digits)) {
    return false;
  }
  const auto read_mode = mode_from_text(std::to_string(digits));  // the kernel's, so never a typing mistake
  if (read_mode) {
    mode = *read_mode;
  }
  return read_mode.ok();
}

// Other values

bool Reader::read(const Field& field, bool& flag) {
  flag = field.value.type == msgpack::type::BOOLEAN && field.value.via.boolean;
  return field.value.type == msgpack::type::BOOLEAN;
}

bool Reader::read(const Field& field, std::string& text) {
  const std::optional<std::string_view> read = text_of(field.value);
  if (!read || (field.spec != nullptr && (read->size() < field.spec->min || read->size() > field.spec->max))) {
    return false;
  }
  text = *read;
  return true;
}

bool Reader::read(const Field& field, ErrorCode& code) {
  std::string name;
  const bool is_text = read(field, name);
  code = error_code_named(name).value_or(ErrorCode::kInternal);  // also for a code of a later version
  return is_text;
}

bool Reader::read(const Field& field, EventKind& kind) {
  const std::optional<EventKind> named = event_kind_named(text_of(field.value).value_or(""));
  kind = named.value_or(EventKind::kCreated);
  return named.has_value();
}

bool Reader::read(const Field& field, EventSource& source) {
  for (const EventSource each : {EventSource::kBus, EventSource::kKernel}) {
    if (text_of(field.value) == name_of(each)) {
      source = each;
      return true;
    }
  }
  return false;
}

void Reader::field(std::string_view name, RequestId& id) {
  const std::optional<Field> field = find_field(name);
  if (!field) {
    return;
  }
  if (std::optional<RequestId> read = id_of(field->value)) {
    id = *std::move(read);
  } else {
    reject(*field);
  }
}

void Reader::unless_empty(std::string_view name, std::string& text) {
  if (find_field(name)) {
    field(name, text);
  }
}

// Data

void Reader::data(std::string_view name, std::string_view& bytes, bool text) {
  const std::optional<Field> field = find_required(name);
  if (!field) {
    return;
  }
  const std::optional<std::string_view> given = bytes_of(field->value);
  if (!given) {
    reject(*field);
    return;
  }
  bytes = *given;
  const std::size_t written = bytes.size() + (text ? 1 : 0);
  if (written > limits::kMaxDataBytes) {
    fail({.code = ErrorCode::kTooLarge,
          .message = "data: " + std::to_string(written) + " bytes" + (text ? " with the NUL" : "") + "; at most " +
                     std::to_string(limits::kMaxDataBytes) + " fit into one write",
          .hint = "write it in pieces"});
  } else if (text && !is_utf8(bytes)) {
    fail({.code = ErrorCode::kNotText, .message = "data: not UTF-8", .hint = "write it without text"});
  } else if (text && bytes.find('\0') != std::string_view::npos) {
    fail(bad_request("data: text with a NUL at byte " + std::to_string(bytes.find('\0')), "write it without text"));
  }
}

void Reader::data(std::string_view name, ReadResult& result) {
  const std::optional<Field> field = find_required(name);
  if (!field) {
    return;
  }
  const std::optional<std::string_view> bytes = bytes_of(field->value);
  result.text = field->value.type == msgpack::type::STR;
  if (!bytes || (result.text && !is_utf8(*bytes))) {
    reject(*field);
  } else if (data_is_ == DataIs::kBorrowed && !result.text) {
    result.placed = bytes;
  } else {
    result.data = *bytes;
  }
}

std::span<const msgpack::object> Reader::array(std::string_view name, std::size_t most) {
  const std::optional<Field> field = find_required(name);
  if (!field) {
    return {};
  }
  if (field->value.type != msgpack::type::ARRAY || field->value.via.array.size > most) {
    reject(*field);
    return {};
  }
  return {field->value.via.array.ptr, field->value.via.array.size};
}

void Reader::encoded(std::string_view name, std::vector<std::string>& values) {
  for (const msgpack::object& each : array(name, limits::kMaxArrayEntries)) {
    values.push_back(packed(each));
  }
}

void Reader::requests(std::string_view name, std::vector<BatchItem>& items) {
  for (const msgpack::object& each : array(name, limits::kMaxBatchRequests)) {
    items.push_back(read_batched(each));
  }
}

void Reader::replies(std::string_view name, std::vector<Reply>& replies) {
  const auto* const batch = asked_ == nullptr ? nullptr : std::get_if<BatchRequest>(asked_);
  const std::span<const BatchItem> asked = batch == nullptr ? std::span<const BatchItem>() : batch->requests;
  for (const msgpack::object& each : array(name, asked.size())) {
    const auto* const request = std::get_if<Request>(&asked[replies.size()].request);
    // The reply to a malformed request is an error, which any operation serves to read.
    Result<Reply> reply = read_reply(each, request != nullptr ? request->operation : PingRequest{});
    if (!reply) {
      error_ = std::move(reply).error();
      return;
    }
    replies.push_back(*std::move(reply));
  }
}

}  // namespace shmbus::codec
