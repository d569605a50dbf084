// From bytes to msgpack objects within limits, and objects shown in messages.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/limits.hpp"
#include "protocol/result.hpp"

namespace shmbus::codec {

// Holds the objects of one message; only those of an unusually large one come from the heap.
class ObjectMemory {
 public:
  // Uninitialised, for `count` of them, which are objects or pairs of them.
  template <class T>
  T* allocate(std::size_t count) {
    static_assert(alignof(T) == alignof(msgpack::object) && sizeof(T) % alignof(T) == 0);
    const std::size_t bytes = count * sizeof(T);
    void* place = block_.data() + used_;
    if (bytes <= block_.size() - used_) {
      used_ += bytes;
    } else {
      place = (more_ ? *more_ : more_.emplace()).allocate(bytes, alignof(T));
    }
    return static_cast<T*>(place);
  }

 private:
  alignas(msgpack::object) std::array<std::byte, 2048> block_;
  std::size_t used_ = 0;
  std::optional<std::pmr::monotonic_buffer_resource> more_;
};

// The first object of a frame: its strings borrow from the frame, its parts from the memory. `trailing_bytes` come
// after it.
struct Unpacked {
  msgpack::object object;
  std::size_t trailing_bytes = 0;
};

// Never throws. Errors: kBadRequest for what is not msgpack or exceeds the limits of requests, kNoMemory.
[[nodiscard]] Result<Unpacked> unpack_request(std::string_view frame, ObjectMemory& memory,
                                              const UnpackLimits& limits = {});

// The same for replies and events, with room for fields of later versions. Errors: kInternal, also for trailing bytes,
// and kNoMemory.
[[nodiscard]] Result<Unpacked> unpack_answer(std::string_view frame, ObjectMemory& memory);

[[nodiscard]] inline std::string_view text_of(const msgpack::object& str) {
  return {str.via.str.ptr, str.via.str.size};
}

[[nodiscard]] inline bool is_integer(const msgpack::object& object) {
  return object.type == msgpack::type::POSITIVE_INTEGER || object.type == msgpack::type::NEGATIVE_INTEGER;
}

// The first value of `name`, or nullptr.
[[nodiscard]] const msgpack::object* find(const msgpack::object_map& map, std::string_view name);

// For messages: escaped, quoted, cut to about 60 characters.
[[nodiscard]] std::string shown(std::string_view text);
[[nodiscard]] std::string shown(const msgpack::object& object);

// The object as bytes again, each value in its shortest form.
[[nodiscard]] std::string packed(const msgpack::object& object);

}  // namespace shmbus::codec
