// Messages unpacked by msgpack-c within limits.
#pragma once

#include <cstddef>
#include <msgpack.hpp>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus::codec {

// The first object of a frame, and how many bytes come after it. Its strings are borrowed from the frame. Its parts lie
// in memory of the thread and are valid until the thread unpacks the next message.
struct Unpacked {
  msgpack::object object;
  std::size_t trailing_bytes = 0;
};

// Never throws. Errors: kBadRequest for what is not msgpack or exceeds the limits of requests, kNoMemory.
[[nodiscard]] Result<Unpacked> unpack_request(std::string_view frame);

// The same for replies and events, with room for fields of later versions. Errors: kInternal, also for trailing bytes,
// and kNoMemory.
[[nodiscard]] Result<Unpacked> unpack_answer(std::string_view frame);

}  // namespace shmbus::codec
