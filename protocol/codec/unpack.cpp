#include "protocol/codec/unpack.hpp"

#include <new>
#include <span>

#include "protocol/text.hpp"

namespace shmbus::codec {
namespace {

constexpr std::size_t kShownBytes = 60;

// What ended the parsing before the end of the message.
enum class Fault : std::uint8_t { kNone, kForm, kEndsEarly, kTooDeep, kTooLarge };

// What msgpack-c is to check beside the form.
struct MessageLimits {
  UnpackLimits parts;
  std::size_t bytes;  // of a string or bin
  ErrorCode code;     // of the error if one is exceeded
};

// Builds the objects of a message while msgpack-c parses it; a limit that is exceeded ends the parsing. One for all
// messages of a thread, because msgpack-c takes memory for each.
class ObjectBuilder : public msgpack::detail::context<ObjectBuilder>, public msgpack::null_visitor {
 public:
  // As msgpack::parse() of one message. `end` is the number of bytes that it takes.
  Fault parse(std::string_view frame, ObjectMemory& memory, const MessageLimits& limits, msgpack::object& root,
              std::size_t& end) {
    memory_ = &memory;
    limits_ = &limits;
    slot_ = &root;
    depth_ = 0;
    fault_ = Fault::kNone;
    context::init();
    end = 0;
    const msgpack::parse_return parsed =
        frame.empty() ? msgpack::PARSE_CONTINUE : execute(frame.data(), frame.size(), end);
    if (parsed == msgpack::PARSE_CONTINUE) {
      return Fault::kEndsEarly;
    }
    return parsed == msgpack::PARSE_SUCCESS ? Fault::kNone : fault_;
  }

  // What msgpack-c calls:

  ObjectBuilder& visitor() { return *this; }
  void init() {}

  bool visit_nil() { return put(msgpack::type::NIL); }
  bool visit_boolean(bool flag) {
    slot_->via.boolean = flag;
    return put(msgpack::type::BOOLEAN);
  }
  bool visit_positive_integer(std::uint64_t number) {
    slot_->via.u64 = number;
    return put(msgpack::type::POSITIVE_INTEGER);
  }
  bool visit_negative_integer(std::int64_t number) {
    slot_->via.i64 = number;
    return put(msgpack::type::NEGATIVE_INTEGER);
  }
  bool visit_float32(float number) {
    slot_->via.f64 = number;
    return put(msgpack::type::FLOAT32);
  }
  bool visit_float64(double number) {
    slot_->via.f64 = number;
    return put(msgpack::type::FLOAT64);
  }
  bool visit_str(const char* text, std::uint32_t size) {
    slot_->via.str = {size, text};
    return fits(size, limits_->bytes) && put(msgpack::type::STR);
  }
  bool visit_bin(const char* bytes, std::uint32_t size) {
    slot_->via.bin = {size, bytes};
    return fits(size, limits_->bytes) && put(msgpack::type::BIN);
  }
  bool visit_ext(const char* type_and_bytes, std::uint32_t size) {
    slot_->via.ext = {size - 1, type_and_bytes};
    return fits(size, limits_->bytes) && put(msgpack::type::EXT);
  }

  bool start_array(std::uint32_t size) {
    if (!fits(size, limits_->parts.array_entries) || !deepen()) {
      return false;
    }
    levels_[depth_++].item = slot_->via.array.ptr = memory_->allocate<msgpack::object>(size);
    slot_->via.array.size = size;
    return put(msgpack::type::ARRAY);
  }
  bool start_array_item() {
    slot_ = levels_[depth_ - 1].item++;
    return true;
  }
  bool end_array() { return end(); }

  bool start_map(std::uint32_t size) {
    if (!fits(size, limits_->parts.map_entries) || !deepen()) {
      return false;
    }
    levels_[depth_++].entry = slot_->via.map.ptr = memory_->allocate<msgpack::object_kv>(size);
    slot_->via.map.size = size;
    return put(msgpack::type::MAP);
  }
  bool start_map_key() {
    slot_ = &levels_[depth_ - 1].entry->key;
    return true;
  }
  bool start_map_value() {
    slot_ = &levels_[depth_ - 1].entry++->val;
    return true;
  }
  bool end_map() { return end(); }

  void parse_error(std::size_t /*parsed*/, std::size_t /*offset*/) { fault_ = Fault::kForm; }

 private:
  // Where the next part of an open container goes.
  struct Level {
    msgpack::object* item;
    msgpack::object_kv* entry;
  };

  bool put(msgpack::type::object_type type) {
    slot_->type = type;
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }
  bool deepen() { return check(depth_ < limits_->parts.depth, Fault::kTooDeep); }
  bool fits(std::size_t size, std::size_t most) { return check(size <= most, Fault::kTooLarge); }
  bool check(bool ok, Fault fault) {
    if (!ok) {
      fault_ = fault;
    }
    return ok;
  }

  ObjectMemory* memory_ = nullptr;
  const MessageLimits* limits_ = nullptr;
  msgpack::object* slot_ = nullptr;
  std::array<Level, limits::kMaxAnswerDepth> levels_;
  std::size_t depth_ = 0;
  Fault fault_ = Fault::kNone;
};

Error error_of(Fault fault, std::string_view frame, const MessageLimits& limits) {
  switch (fault) {
    case Fault::kEndsEarly:
      return {limits.code,
              "the message of " + std::to_string(frame.size()) + " bytes ends too early for a msgpack map"};
    case Fault::kTooDeep:
      return {limits.code, "the message nests more than " + std::to_string(limits.parts.depth) + " deep"};
    case Fault::kTooLarge:
      return {limits.code, "the message has a map, array, string or bin that is too large"};
    case Fault::kNone:
    case Fault::kForm:
      break;
  }
  return {limits.code, "the message is not msgpack"};
}

Result<Unpacked> unpack(std::string_view frame, ObjectMemory& memory, const MessageLimits& limits) {
  thread_local ObjectBuilder builder;
  try {
    Unpacked unpacked;
    std::size_t end = 0;
    if (const Fault fault = builder.parse(frame, memory, limits, unpacked.object, end); fault != Fault::kNone) {
      return error_of(fault, frame, limits);
    }
    unpacked.trailing_bytes = frame.size() - end;
    return unpacked;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoMemory, "no memory for the parts of the message"};
  }
}

}  // namespace

Result<Unpacked> unpack_request(std::string_view frame, ObjectMemory& memory, const UnpackLimits& limits) {
  return unpack(frame, memory, {limits, limits::kMaxMessageBytes, ErrorCode::kBadRequest});
}

Result<Unpacked> unpack_answer(std::string_view frame, ObjectMemory& memory) {
  auto unpacked =
      unpack(frame, memory, {{.depth = limits::kMaxAnswerDepth}, limits::kMaxReplyBytes, ErrorCode::kInternal});
  if (unpacked && unpacked->trailing_bytes != 0) {
    return Error{ErrorCode::kInternal, std::to_string(unpacked->trailing_bytes) + " bytes follow the message"};
  }
  return unpacked;
}

const msgpack::object* find(const msgpack::object_map& map, std::string_view name) {
  for (const auto& [key, value] : std::span(map.ptr, map.size)) {
    if (key.type == msgpack::type::STR && is_same_name(text_of(key), name)) {
      return &value;
    }
  }
  return nullptr;
}

std::string shown(std::string_view text) {
  // A character cut in two lies beyond kShownBytes, where the second cut takes it away.
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
      return shown(text_of(object));
    case msgpack::type::BIN:
      return "bin of " + std::to_string(object.via.bin.size) + " bytes";
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
  struct StringSink {
    std::string bytes;
    void write(const char* data, std::size_t length) { bytes.append(data, length); }
  } sink;
  msgpack::pack(sink, object);
  return std::move(sink.bytes);
}

}  // namespace shmbus::codec
