#include "protocol/codec/unpack.hpp"

#include <exception>
#include <memory>
#include <span>

#include "protocol/limits.hpp"
#include "protocol/text.hpp"

namespace shmbus::codec {
namespace {

constexpr std::size_t kShownBytes = 60;
constexpr std::size_t kMaxAnswerDepth = 16;  // an event in the replay of a batch takes 9

Result<Unpacked> unpack(std::string_view frame, const msgpack::unpack_limit& limit, ErrorCode code) {
  const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  constexpr std::size_t kZoneBytes = 960;  // holds the objects of most messages, and is cheap to allocate
  try {
    std::size_t end = 0;
    auto zone = std::make_unique<msgpack::zone>(kZoneBytes);
    const msgpack::object object = msgpack::unpack(*zone, frame.data(), frame.size(), end, refer, nullptr, limit);
    return Unpacked{{object, std::move(zone)}, frame.size() - end};
  } catch (const msgpack::depth_size_overflow&) {
    return Error{code, "the message nests more than " + std::to_string(limit.depth()) + " deep"};
  } catch (const msgpack::size_overflow&) {
    return Error{code, "the message has a map, array, string or bin that is too large"};
  } catch (const msgpack::insufficient_bytes&) {
    return Error{code, "the message of " + std::to_string(frame.size()) + " bytes ends too early for a msgpack map"};
  } catch (const std::exception&) {
    return Error{code, "the message is not msgpack"};
  }
}

}  // namespace

Result<Unpacked> unpack_request(std::string_view frame) {
  using namespace limits;
  return unpack(frame,
                {kMaxArrayEntries, kMaxMapEntries, kMaxMessageBytes, kMaxMessageBytes, kMaxMessageBytes, kMaxDepth},
                ErrorCode::kBadRequest);
}

Result<Unpacked> unpack_answer(std::string_view frame) {
  using namespace limits;
  auto unpacked =
      unpack(frame, {kMaxArrayEntries, kMaxMapEntries, kMaxReplyBytes, kMaxReplyBytes, kMaxReplyBytes, kMaxAnswerDepth},
             ErrorCode::kInternal);
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
  struct Sink {
    std::string bytes;
    void write(const char* data, std::size_t length) { bytes.append(data, length); }
  } sink;
  msgpack::pack(sink, object);
  return std::move(sink.bytes);
}

}  // namespace shmbus::codec
