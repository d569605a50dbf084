// A parser of messages, which is msgpack-c within the limits of limits.hpp. No function throws.
#pragma once

#include <cstddef>
#include <msgpack.hpp>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus::codec {

// The first object of a frame, and the number of bytes that follow it. It owns nothing: its strings are borrowed from
// the frame, and its containers lie in memory of the thread, valid until the same thread unpacks the next message.
struct Unpacked {
  msgpack::object object;
  std::size_t trailing_bytes = 0;
};

// Unpacks a request. Bytes after the object are no error here, so that a reply can still have the request's id. Errors:
// kBadRequest if the frame is not msgpack or exceeds the limits of requests, kNoMemory.
[[nodiscard]] Result<Unpacked> unpack_request(std::string_view frame);

// Unpacks a reply or an event, within limits that leave room for fields of later versions. Errors: kInternal if the
// frame is not msgpack, exceeds the limits or has bytes after the object; kNoMemory.
[[nodiscard]] Result<Unpacked> unpack_answer(std::string_view frame);

}  // namespace shmbus::codec
