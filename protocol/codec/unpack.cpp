#include "protocol/codec/unpack.hpp"

#include <new>
#include <span>

#include "protocol/text.hpp"

namespace shmbus::codec {
namespace {

constexpr std::size_t kShownBytes = 60;

// What msgpack-c is to check beside the form.
struct MessageLimits {
  UnpackLimits parts;
  std::size_t bytes;  // of a string or bin
  ErrorCode code;     // of the error if one is exceeded
};

// Builds the objects of one message while msgpack-c parses it; a limit that is exceeded ends the parsing.
class ObjectBuilder : public msgpack::null_visitor {
 public:
  ObjectBuilder(ObjectMemory& memory, const MessageLimits& limits) : memory_(memory), limits_(limits) {}

  void init() {}  // a builder is for one message

  [[nodiscard]] const msgpack::object& root() const { return root_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

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
    return fits(size, limits_.bytes) && put(msgpack::type::STR);
  }
  bool visit_bin(const char* bytes, std::uint32_t size) {
    slot_->via.bin = {size, bytes};
    return fits(size, limits_.bytes) && put(msgpack::type::BIN);
  }
  bool visit_ext(const char* type_and_bytes, std::uint32_t size) {
    slot_->via.ext = {size - 1, type_and_bytes};
    return fits(size, limits_.bytes) && put(msgpack::type::EXT);
  }

  bool start_array(std::uint32_t size) {
    if (!fits(size, limits_.parts.array_entries) || !deepen()) {
      return false;
    }
    levels_[depth_++].item = slot_->via.array.ptr = memory_.allocate<msgpack::object>(size);
    slot_->via.array.size = size;
    return put(msgpack::type::ARRAY);
  }
  bool start_array_item() {
    slot_ = levels_[depth_ - 1].item++;
    return true;
  }
  bool end_array() { return end(); }

  bool start_map(std::uint32_t size) {
    if (!fits(size, limits_.parts.map_entries) || !deepen()) {
      return false;
    }
    levels_[depth_++].entry = slot_->via.map.ptr = memory_.allocate<msgpack::object_kv>(size);
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

  void insufficient_bytes(std::size_t /*parsed*/, std::size_t available) {
    problem_ = "the message of " + std::to_string(available) + " bytes ends too early for a msgpack map";
  }
  void parse_error(std::size_t /*parsed*/, std::size_t /*offset*/) { problem_ = "the message is not msgpack"; }

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
  bool deepen() {
    const std::size_t most = limits_.parts.depth;
    if (depth_ == most) {
      problem_ = "the message nests more than " + std::to_string(most) + " deep";
    }
    return depth_ < most;
  }
  bool fits(std::size_t size, std::size_t most) {
    if (size > most) {
      problem_ = "the message has a map, array, string or bin that is too large";
    }
    return size <= most;
  }

  ObjectMemory& memory_;
  const MessageLimits& limits_;
  msgpack::object root_;
  msgpack::object* slot_ = &root_;
  std::array<Level, limits::kMaxAnswerDepth> levels_;
  std::size_t depth_ = 0;
  std::string problem_;
};

// What msgpack::parse() makes for each message, and takes memory for.
class Parser : public msgpack::detail::context<Parser> {
 public:
  // As msgpack::parse(); `end` is the number of bytes that the message takes.
  bool parse(std::string_view frame, std::size_t& end, ObjectBuilder& builder) {
    builder_ = &builder;
    init();
    end = 0;
    const msgpack::parse_return parsed =
        frame.empty() ? msgpack::PARSE_CONTINUE : execute(frame.data(), frame.size(), end);
    if (parsed == msgpack::PARSE_CONTINUE) {
      builder.insufficient_bytes(end, frame.size());
    }
    return parsed == msgpack::PARSE_SUCCESS;
  }
  ObjectBuilder& visitor() { return *builder_; }

 private:
  ObjectBuilder* builder_ = nullptr;
};

Result<Unpacked> unpack(std::string_view frame, ObjectMemory& memory, const MessageLimits& limits) {
  thread_local Parser parser;
  try {
    ObjectBuilder builder(memory, limits);
    std::size_t end = 0;
    if (!parser.parse(frame, end, builder)) {
      return Error{limits.code, builder.problem()};
    }
    return Unpacked{builder.root(), frame.size() - end};
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
    if (key.type == msgpack::type::STR && text_of(key) == name) {
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
