#include "protocol/codec/reader.hpp"

#include "protocol/text.hpp"

namespace shmbus::codec {

Reader::Reader(const msgpack::object& object, const Operation* operation, DataIs data_is)
    : operation_(operation), data_is_(data_is) {
  if (object.type == msgpack::type::MAP) {
    map_ = object.via.map;
  } else {
    fail("map expected, got " + shown(object));
  }
}

void Reader::field(std::string_view name, RequestId& id) {
  const msgpack::object* const found = error_ ? nullptr : find(map_, name);
  if (found == nullptr) {
    return;
  }
  std::string text;
  if (found->type == msgpack::type::POSITIVE_INTEGER) {
    id = found->via.u64;
  } else if (found->type == msgpack::type::NEGATIVE_INTEGER) {
    id = found->via.i64;
  } else if (read(*found, text)) {
    id = std::move(text);
  } else {
    refuse(name, *found);
  }
}

void Reader::unless_empty(std::string_view name, std::string& text) {
  if (has(name)) {
    field(name, text);
  }
}

void Reader::data(std::string_view name, ReadResult& result) {
  const msgpack::object* const found = required(name);
  if (found == nullptr) {
    return;
  }
  result.text = found->type == msgpack::type::STR;
  if (found->type == msgpack::type::BIN && data_is_ == DataIs::kBorrowed) {
    result.placed.emplace(found->via.bin.ptr, found->via.bin.size);
  } else if (found->type == msgpack::type::BIN) {
    result.data.assign(found->via.bin.ptr, found->via.bin.size);
  } else if (!read(*found, result.data)) {
    refuse(name, *found);
  }
}

void Reader::encoded(std::string_view name, std::vector<std::string>& values) {
  const msgpack::object* const found = required(name);
  if (found == nullptr) {
    return;
  }
  if (found->type != msgpack::type::ARRAY) {
    refuse(name, *found);
    return;
  }
  for (const msgpack::object& each : std::span(found->via.array.ptr, found->via.array.size)) {
    msgpack::sbuffer buffer;
    msgpack::pack(buffer, each);
    values.emplace_back(buffer.data(), buffer.size());
  }
}

void Reader::replies(std::string_view name, std::vector<Reply>& replies) {
  const msgpack::object* const found = required(name);
  if (found == nullptr) {
    return;
  }
  const auto* const batch = operation_ == nullptr ? nullptr : std::get_if<BatchRequest>(operation_);
  if (batch == nullptr || found->type != msgpack::type::ARRAY || found->via.array.size > batch->requests.size()) {
    refuse(name, *found);
    return;
  }
  for (std::size_t i = 0; i < found->via.array.size; ++i) {
    const auto* const request = std::get_if<Request>(&batch->requests[i].request);
    // A malformed request has no result to read, so any operation serves to read its error.
    Result<Reply> reply = read_reply(found->via.array.ptr[i], request != nullptr ? request->operation : PingRequest{});
    if (!reply) {
      error_ = std::move(reply).error();
      return;
    }
    replies.push_back(*std::move(reply));
  }
}

const msgpack::object* Reader::required(std::string_view name) {
  const msgpack::object* const found = error_ ? nullptr : find(map_, name);
  if (found == nullptr) {
    fail(std::string(name) + ": missing");
  }
  return found;
}

void Reader::fail(std::string message) {
  if (!error_) {
    error_ = Error{ErrorCode::kInternal, std::move(message)};
  }
}

void Reader::refuse(std::string_view name, const msgpack::object& value) {
  fail(std::string(name) + ": unexpected value, " + shown(value));
}

bool Reader::read(const msgpack::object& object, bool& flag) {
  flag = object.type == msgpack::type::BOOLEAN && object.via.boolean;
  return object.type == msgpack::type::BOOLEAN;
}

bool Reader::read(const msgpack::object& object, std::string& text) {
  if (object.type != msgpack::type::STR || !is_utf8(text_of(object))) {
    return false;
  }
  text = text_of(object);
  return true;
}

bool Reader::read(const msgpack::object& object, Mode& mode) {
  std::uint32_t digits = 0;
  if (!read(object, digits)) {
    return false;
  }
  const auto read_mode = mode_from_text(std::to_string(digits));  // the kernel's modes are no one's mistake
  if (read_mode) {
    mode = *read_mode;
  }
  return read_mode.ok();
}

bool Reader::read(const msgpack::object& object, ErrorCode& code) {
  code = ErrorCode::kInternal;  // also for a code of a later version
  if (object.type == msgpack::type::STR) {
    code = error_code_named(text_of(object)).value_or(ErrorCode::kInternal);
  }
  return object.type == msgpack::type::STR;
}

bool Reader::read(const msgpack::object& object, EventKind& kind) {
  const auto named = object.type == msgpack::type::STR ? event_kind_named(text_of(object)) : std::nullopt;
  kind = named.value_or(EventKind::kCreated);
  return named.has_value();
}

bool Reader::read(const msgpack::object& object, EventSource& source) {
  for (const EventSource each : {EventSource::kBus, EventSource::kKernel}) {
    if (object.type == msgpack::type::STR && text_of(object) == name_of(each)) {
      source = each;
      return true;
    }
  }
  return false;
}

}  // namespace shmbus::codec
