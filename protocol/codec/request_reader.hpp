// Reads described requests and checks each field against its row of the table of operations. See fields.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/codec/requests.hpp"
#include "protocol/codec/unpack.hpp"
#include "protocol/operations.hpp"

namespace shmbus::codec {

[[nodiscard]] Error bad_request(std::string message, std::string hint = {});

// One request of a batch; in requests.cpp.
[[nodiscard]] DecodedRequest read_batched(const msgpack::object& object);

// The value of an `id` field, or nothing.
[[nodiscard]] std::optional<RequestId> read_id(const msgpack::object& object);

// What a request gives the fields of its operation, by their numbers; null where it gives nothing.
using FieldValues = std::array<const msgpack::object*, kFieldNames.size()>;

// The first failure stands, and nothing is read after it. `values` are of fields that `spec` has. Borrows both.
class RequestReader {
 public:
  RequestReader(const FieldValues& values, const OperationSpec& spec) : values_(values), spec_(spec) {}

  template <class T>
  void field(FieldName name, T& member) {
    if (is_there(name)) {
      read(item(name), member);
    }
  }
  template <class T>
  void field(FieldName name, std::optional<T>& member) {
    if (is_there(name)) {
      read(item(name), member.emplace());
    }
  }
  void chosen_mode(FieldName name, auto& mode) { field(name, mode); }
  void new_key(FieldName name, Key& key) { field(name, key); }
  void data(FieldName name, std::string_view& bytes, bool text);
  void requests(FieldName name, std::vector<BatchItem>& items);

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  struct Item {
    const FieldSpec& spec;
    const msgpack::object& value;
  };

  [[nodiscard]] bool is_there(FieldName name) const { return values_[name.number] != nullptr && !error_; }
  [[nodiscard]] Item item(FieldName name) const { return {*spec_.field(name.number), *values_[name.number]}; }
  void fail(Error error);
  void refuse(const Item& item, std::string hint = {});

  // An integer, key or shmid within its range; refuses anything else.
  std::optional<std::uint64_t> integer(const Item& item);
  std::optional<std::uint64_t> key(const Item& item);

  template <std::integral T>
  void read(const Item& item, T& member) {
    if (const auto number = integer(item)) {
      member = static_cast<T>(*number);
    }
  }
  void read(const Item& item, bool& flag);
  void read(const Item& item, Mode& mode);
  void read(const Item& item, std::string& text);
  void read(const Item& item, RequestId& id);

  const FieldValues& values_;
  const OperationSpec& spec_;
  std::optional<Error> error_;
};

}  // namespace shmbus::codec
