#include "protocol/codec/unpack.hpp"

#include <new>
#include <string>

#include "protocol/limits.hpp"

namespace shmbus::codec {
namespace {

struct MessageLimits {
  std::size_t depth;
  std::size_t bytes;  // of a string or bin
  ErrorCode code;     // of the error if one is exceeded, or for bad msgpack
};

bool borrow_from_frame(msgpack::type::object_type /*type*/, std::size_t /*size*/, void* /*user_data*/) { return true; }

Result<Unpacked> unpack(std::string_view frame, const MessageLimits& limits) {
  const auto& [depth, bytes, code] = limits;
  try {
    thread_local msgpack::zone zone;  // keeps its first chunk for the next message
    zone.clear();
    std::size_t end = 0;
    bool referenced = false;
    Unpacked unpacked;
    unpacked.object = msgpack::unpack(
        zone, frame.data(), frame.size(), end, referenced, borrow_from_frame, nullptr,
        msgpack::unpack_limit(limits::kMaxArrayEntries, limits::kMaxMapEntries, bytes, bytes, bytes, depth));
    unpacked.trailing_bytes = frame.size() - end;
    return unpacked;
  } catch (const msgpack::insufficient_bytes&) {
    return Error{code, "the message of " + std::to_string(frame.size()) + " bytes is not a complete msgpack map"};
  } catch (const msgpack::depth_size_overflow&) {
    return Error{code, "the message is nested more than " + std::to_string(depth) + " levels deep"};
  } catch (const msgpack::size_overflow&) {
    return Error{code, "the message has a map, array, string or bin that is too large"};
  } catch (const msgpack::unpack_error&) {
    return Error{code, "the message is not msgpack"};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoMemory, "not enough memory for the parts of the message"};
  }
}

}  // namespace

Result<Unpacked> unpack_request(std::string_view frame) {
  return unpack(frame, {limits::kMaxRequestDepth, limits::kMaxMessageBytes, ErrorCode::kBadRequest});
}

Result<Unpacked> unpack_answer(std::string_view frame) {
  auto unpacked = unpack(frame, {limits::kMaxAnswerDepth, limits::kMaxReplyBytes, ErrorCode::kInternal});
  if (unpacked && unpacked->trailing_bytes != 0) {
    return Error{ErrorCode::kInternal, std::to_string(unpacked->trailing_bytes) + " bytes follow the message"};
  }
  return unpacked;
}

}  // namespace shmbus::codec
