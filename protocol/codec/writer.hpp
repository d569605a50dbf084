// The visitors (see fields.hpp) that encode described structs as msgpack, and functions around them.
//
// A msgpack map begins with the number of its entries. So each struct is visited twice: by a Counter, and by a Writer
// that appends the bytes. Data of a read or a write can be left out, so that large data go into a message without
// another copy.
#pragma once

#include <concepts>
#include <cstdint>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/commands.hpp"
#include "protocol/events.hpp"

namespace shmbus::codec {

// Counts the fields that a Writer would write for the same struct.
class Counter {
 public:
  template <class T>
  void field(std::string_view, const T&) {
    ++count_;
  }
  template <class T>
  void field(std::string_view, const std::optional<T>& member) {
    count_ += member.has_value() ? 1 : 0;
  }
  void field(std::string_view, const RequestId& id) { count_ += id.index() != 0 ? 1 : 0; }
  void chosen_mode(std::string_view name, const auto& mode) { field(name, mode); }
  void new_key(std::string_view, Key) { ++count_; }
  void constant(std::string_view, std::string_view) { ++count_; }
  void unless_empty(std::string_view, std::string_view text) { count_ += text.empty() ? 0 : 1; }
  void data(std::string_view, std::string_view, bool) { ++count_; }
  void encoded(std::string_view, const std::vector<std::string>&) { ++count_; }
  void raw(std::string_view, std::string_view) { ++count_; }
  void requests(std::string_view, const std::vector<BatchItem>&) { ++count_; }
  void replies(std::string_view, const std::vector<Reply>&) { ++count_; }
  void outcome(const std::variant<OperationResult, Error>&) { ++count_; }

  [[nodiscard]] std::uint32_t count() const { return count_; }

 private:
  std::uint32_t count_ = 0;
};

// The place of the data of a read or a write: in the message, or elsewhere. Data elsewhere are left out of the message;
// only their size is read.
enum class DataIn : bool { kTheMessage, kAnotherPlace };

// Appends msgpack to a string, which is borrowed and must outlive the writer. Throws std::bad_alloc, and leaves the
// string with a part of the message then. Not thread-safe.
class Writer {
 public:
  explicit Writer(std::string& bytes, DataIn data_in = DataIn::kTheMessage) : bytes_{bytes}, data_in_(data_in) {}

  // Appends one described struct as a map.
  template <class T>
  requires std::is_class_v<T>
  void value(const T& described) {
    Counter counter;
    describe(counter, described);
    packer_.pack_map(counter.count());
    describe(*this, described);
  }

  template <class T>
  void field(std::string_view name, const T& member) {
    value(name);
    value(member);
  }
  template <class T>
  void field(std::string_view name, const std::optional<T>& member) {
    if (member) {
      field(name, *member);
    }
  }
  void field(std::string_view name, const RequestId& id);
  void chosen_mode(std::string_view name, Mode mode);
  void chosen_mode(std::string_view name, const std::optional<Mode>& mode);
  void new_key(std::string_view name, Key key);
  void constant(std::string_view name, std::string_view text) { field(name, text); }
  void unless_empty(std::string_view name, std::string_view text);
  void data(std::string_view name, std::string_view bytes, bool text);
  void encoded(std::string_view name, const std::vector<std::string>& values);
  void raw(std::string_view name, std::string_view encoded_value);
  void requests(std::string_view name, const std::vector<BatchItem>& items);
  void replies(std::string_view name, const std::vector<Reply>& replies);
  void outcome(const std::variant<OperationResult, Error>& outcome);

  // Returns the position in the string where the data that were left out belong; its end if none were.
  [[nodiscard]] std::size_t data_at() const { return data_at_.value_or(bytes_.bytes.size()); }

 private:
  struct Sink {
    std::string& bytes;
    void write(const char* data, std::size_t size) {
      if (size == 1) {
        bytes.push_back(*data);  // is inlined, unlike append(), and most pieces are single bytes
      } else {
        bytes.append(data, size);
      }
    }
  };

  template <std::integral T>
  void value(T number) {
    packer_.pack(number);
  }
  template <class T>
  void value(const std::vector<T>& values) {
    packer_.pack_array(static_cast<std::uint32_t>(values.size()));
    for (const T& each : values) {
      value(each);
    }
  }
  template <class T>
  void value(const std::pair<T, T>& before_after) {
    packer_.pack_array(2);
    value(before_after.first);
    value(before_after.second);
  }
  void value(std::string_view text) {
    packer_.pack_str(static_cast<std::uint32_t>(text.size()));
    bytes_.bytes.append(text);
  }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(Mode mode) { value(mode_digits(mode)); }
  void value(ErrorCode code) { value(name_of(code)); }
  void value(EventKind kind) { value(name_of(kind)); }
  void value(EventSource source) { value(name_of(source)); }

  Sink bytes_;
  DataIn data_in_;
  std::optional<std::size_t> data_at_;
  msgpack::packer<Sink> packer_{bytes_};
};

// Appends the encoded struct to `bytes`.
template <class T>
void append(const T& described, std::string& bytes) {
  Writer(bytes).value(described);
}

// Returns the encoded struct.
template <class T>
[[nodiscard]] std::string encode(const T& described) {
  std::string bytes;
  append(described, bytes);
  return bytes;
}

// Appends the encoded struct without its data. Returns the position in `bytes` where the data belong.
template <class T>
std::size_t encode_around_data(const T& described, std::string& bytes) {
  Writer writer(bytes, DataIn::kAnotherPlace);
  writer.value(described);
  return writer.data_at();
}

}  // namespace shmbus::codec
