// Reads described structs from replies and events: unknown fields are passed over, types are not. See fields.hpp.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/unpack.hpp"
#include "protocol/commands.hpp"

namespace shmbus::codec {

// The reply to `operation` that `object` holds; in replies.cpp.
[[nodiscard]] Result<Reply> read_reply(const msgpack::object& object, const Operation& operation,
                                       DataIs data_is = DataIs::kCopied);

class Reader {
 public:
  // `operation` is what was asked, where the answer's form depends on it. `object` must outlive the reader.
  explicit Reader(const msgpack::object& object, const Operation* operation = nullptr,
                  DataIs data_is = DataIs::kCopied);

  template <class T>
  void field(std::string_view name, T& member) {
    if (const msgpack::object* const found = required(name); found != nullptr && !read(*found, member)) {
      refuse(name, *found);
    }
  }
  template <class T>
  void field(std::string_view name, std::optional<T>& member) {
    if (has(name)) {
      field(name, member.emplace());
    }
  }
  void field(std::string_view name, RequestId& id);
  void constant(std::string_view, std::string_view) {}
  void unless_empty(std::string_view name, std::string& text);
  void data(std::string_view name, ReadResult& result);
  void encoded(std::string_view name, std::vector<std::string>& values);
  void replies(std::string_view name, std::vector<Reply>& replies);

  [[nodiscard]] bool has(std::string_view name) const { return !error_ && find(map_, name) != nullptr; }
  [[nodiscard]] const msgpack::object* required(std::string_view name);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void fail(std::string message);
  void refuse(std::string_view name, const msgpack::object& value);

  template <std::integral T>
  static bool read(const msgpack::object& object, T& number) {
    if (object.type == msgpack::type::POSITIVE_INTEGER && std::in_range<T>(object.via.u64)) {
      number = static_cast<T>(object.via.u64);
      return true;
    }
    if (object.type == msgpack::type::NEGATIVE_INTEGER && std::in_range<T>(object.via.i64)) {
      number = static_cast<T>(object.via.i64);
      return true;
    }
    return false;
  }
  static bool read(const msgpack::object& object, bool& flag);
  static bool read(const msgpack::object& object, std::string& text);
  static bool read(const msgpack::object& object, Mode& mode);
  static bool read(const msgpack::object& object, ErrorCode& code);
  static bool read(const msgpack::object& object, EventKind& kind);
  static bool read(const msgpack::object& object, EventSource& source);

  template <class T>
  bool read(const msgpack::object& object, std::vector<T>& values) {
    if (object.type != msgpack::type::ARRAY) {
      return false;
    }
    for (const msgpack::object& each : std::span(object.via.array.ptr, object.via.array.size)) {
      if (!read(each, values.emplace_back())) {
        return false;
      }
    }
    return true;
  }
  template <class T>
  bool read(const msgpack::object& object, std::pair<T, T>& before_after) {
    return object.type == msgpack::type::ARRAY && object.via.array.size == 2 &&
           read(object.via.array.ptr[0], before_after.first) && read(object.via.array.ptr[1], before_after.second);
  }
  template <class T>
  requires std::is_class_v<T>
  bool read(const msgpack::object& object, T& described) {
    Reader inner(object, operation_, data_is_);
    describe(inner, described);
    error_ = inner.error();  // more precise than the caller's; only reached without an error so far
    return !error_;
  }

  msgpack::object_map map_{};
  const Operation* operation_;
  DataIs data_is_;
  std::optional<Error> error_;
};

// The T that a whole message is. Never throws.
template <class T>
[[nodiscard]] Result<T> decode(std::string_view message) {
  ObjectMemory memory;
  const auto unpacked = unpack_answer(message, memory);
  if (!unpacked) {
    return unpacked.error();
  }
  Reader reader(unpacked->object);
  T described;
  describe(reader, described);
  if (reader.error()) {
    return *reader.error();
  }
  return described;
}

}  // namespace shmbus::codec
