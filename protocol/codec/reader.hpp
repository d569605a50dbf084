// A visitor (see fields.hpp) that fills in described structs from unpacked messages, both requests and answers.
//
// A Reader works on one map. For each field that a struct describes it finds the value by name, checks it and stores it
// in the member. It stops at the first failure, so that a caller describes the whole struct and then asks error() once.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/values.hpp"
#include "protocol/commands.hpp"
#include "protocol/events.hpp"
#include "protocol/operations.hpp"

namespace shmbus::codec {

// A nil counts as an absent field. The map, the specification and the operation are borrowed and must outlive the
// reader. Members read before a failure keep their new values. Not thread-safe.
class Reader {
 public:
  // Reads a request: each field is checked against its row in `spec`, and an absent one leaves its member at the
  // default. Errors: kBadRequest with the field's name; kTooLarge and kNotText for data.
  Reader(const msgpack::object_map& map, const OperationSpec& spec) : map_(map), spec_(&spec) {}

  // Reads an answer, an event or a part of one. Unknown fields are ignored; a field whose member is not optional must
  // be there. `asked` is the operation that is answered, and is needed where the form of the answer depends on it
  // (batch). Errors: kInternal.
  explicit Reader(const msgpack::object& object, const Operation* asked = nullptr, DataIs data_is = DataIs::kCopied);

  template <class T>
  void field(std::string_view name, T& member) {
    if (const std::optional<Field> found = find_required(name); found && !read(*found, member)) {
      reject(*found);
    }
  }
  template <class T>
  void field(std::string_view name, std::optional<T>& member) {
    if (const std::optional<Field> found = find_field(name); found && !read(*found, member.emplace())) {
      reject(*found);
    }
  }
  void field(std::string_view name, RequestId& id);
  void chosen_mode(std::string_view name, Mode& mode);
  void chosen_mode(std::string_view name, std::optional<Mode>& mode);
  void new_key(std::string_view name, Key& key) { field(name, key); }
  void constant(std::string_view, std::string_view) {}
  void unless_empty(std::string_view name, std::string& text);
  void data(std::string_view name, std::string_view& bytes, bool text);
  void data(std::string_view name, ReadResult& result);
  void encoded(std::string_view name, std::vector<std::string>& values);
  void requests(std::string_view name, std::vector<BatchItem>& items);
  void replies(std::string_view name, std::vector<Reply>& replies);

  // Returns the first failure, if there was one.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  struct Field {
    std::string_view name;
    const msgpack::object& value;
    const FieldSpec* spec;  // null in an answer
  };

  [[nodiscard]] std::optional<Field> find_field(std::string_view name) const;
  // Returns the field; records a failure if it is missing and its row requires it, or if this reads an answer.
  [[nodiscard]] std::optional<Field> find_required(std::string_view name);
  // Returns the items of a field that is an array of at most `most` items; records a failure for any other value.
  [[nodiscard]] std::span<const msgpack::object> array(std::string_view name, std::size_t most);
  // Record a failure, unless there is one already. reject() describes the expected type and the value that is there.
  void fail(Error error);
  void reject(const Field& field, std::string hint = {});

  // Return an integer of a request that is in the range of its row; a negative key as its two's complement.
  std::optional<Number> checked_number(const Field& field);
  std::optional<Number> checked_key(const Field& field);

  // Each stores the value in the member, or returns false if the member cannot hold it.
  template <std::integral T>
  bool read(const Field& field, T& number) {
    const std::optional<Number> read = field.spec == nullptr ? number_of(field.value) : checked_number(field);
    const std::optional<T> fitting = read ? read->as<T>() : std::nullopt;
    number = fitting.value_or(number);
    return fitting.has_value();
  }
  bool read(const Field& field, bool& flag);
  bool read(const Field& field, std::string& text);
  bool read(const Field& field, Mode& mode);
  bool read(const Field& field, ErrorCode& code);
  bool read(const Field& field, EventKind& kind);
  bool read(const Field& field, EventSource& source);

  template <class T>
  bool read(const Field& field, std::vector<T>& values) {
    if (field.value.type != msgpack::type::ARRAY) {
      return false;
    }
    for (const msgpack::object& each : std::span(field.value.via.array.ptr, field.value.via.array.size)) {
      if (!read(Field{field.name, each, nullptr}, values.emplace_back())) {
        return false;
      }
    }
    return true;
  }
  template <class T>
  bool read(const Field& field, std::pair<T, T>& before_after) {
    const msgpack::object& value = field.value;
    return value.type == msgpack::type::ARRAY && value.via.array.size == 2 &&
           read(Field{field.name, value.via.array.ptr[0], nullptr}, before_after.first) &&
           read(Field{field.name, value.via.array.ptr[1], nullptr}, before_after.second);
  }
  template <class T>
  requires std::is_class_v<T>
  bool read(const Field& field, T& described) {
    Reader inner(field.value, asked_, data_is_);
    describe(inner, described);
    error_ = inner.error();  // names the inner field; only reached without an error so far
    return !error_;
  }

  msgpack::object_map map_{};
  const OperationSpec* spec_ = nullptr;  // null: an answer
  const Operation* asked_ = nullptr;
  DataIs data_is_ = DataIs::kCopied;
  std::optional<Error> error_;
};

// Returns a kBadRequest.
[[nodiscard]] Error bad_request(std::string message, std::string hint = {});

// Read one request of a batch (in requests.cpp) and the reply to an operation (in replies.cpp), which a Reader meets
// inside other messages. A malformed request is returned as its error; a malformed reply is kInternal.
[[nodiscard]] BatchItem read_batched(const msgpack::object& object);
[[nodiscard]] Result<Reply> read_reply(const msgpack::object& object, const Operation& operation,
                                       DataIs data_is = DataIs::kCopied);

}  // namespace shmbus::codec
