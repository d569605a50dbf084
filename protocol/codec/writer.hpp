// Writes described structs as msgpack. See fields.hpp for what a visitor has.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/codec/layout.hpp"
#include "protocol/commands.hpp"

namespace shmbus::codec {

// Counts the fields that a Writer would write: a msgpack map begins with their number.
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

// Counts the bytes that are written.
class ByteCount {
 public:
  void write(const char* /*bytes*/, std::size_t size) { size_ += size; }
  void write(std::string_view bytes) { size_ += bytes.size(); }
  void write_data(std::string_view bytes) {
    data_ = size_;
    write(bytes);
  }

  [[nodiscard]] Layout layout() const { return {size_, data_.value_or(size_)}; }

 private:
  std::size_t size_ = 0;
  std::optional<std::size_t> data_;
};

// Puts bytes to where there is room for them all.
class ByteStore {
 public:
  explicit ByteStore(char* place) : next_(place) {}

  void write(const char* bytes, std::size_t size) {
    std::memcpy(next_, bytes, size);
    next_ += size;
  }
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
  // What is there already is left there.
  void write_data(std::string_view bytes) {
    if (bytes.data() == next_) {
      next_ += bytes.size();
    } else {
      write(bytes);
    }
  }

 private:
  char* next_;
};

template <class Bytes>
class Writer {
 public:
  explicit Writer(Bytes bytes) : bytes_(bytes) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  // Writes one described struct as a map.
  template <class T>
  requires std::is_class_v<T>
  void value(const T& described) {
    Counter counter;
    describe(counter, described);
    packer().pack_map(counter.count());
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

 private:
  msgpack::packer<Bytes> packer() { return msgpack::packer<Bytes>(bytes_); }

  template <std::integral T>
  void value(T number) {
    packer().pack(number);
  }
  template <class T>
  void value(const std::vector<T>& values) {
    packer().pack_array(static_cast<std::uint32_t>(values.size()));
    for (const T& each : values) {
      value(each);
    }
  }
  template <class T>
  void value(const std::pair<T, T>& before_after) {
    packer().pack_array(2);
    value(before_after.first);
    value(before_after.second);
  }
  void value(std::string_view text) {
    packer().pack_str(static_cast<std::uint32_t>(text.size()));
    bytes_.write(text);
  }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(Mode mode) { value(mode_digits(mode)); }
  void value(ErrorCode code) { value(name_of(code)); }
  void value(EventKind kind) { value(name_of(kind)); }
  void value(EventSource source) { value(name_of(source)); }

  Bytes bytes_;
};

extern template class Writer<ByteCount>;
extern template class Writer<ByteStore>;

template <class T>
[[nodiscard]] Layout layout_of(const T& described) {
  Writer<ByteCount> writer{ByteCount()};
  writer.value(described);
  return writer.bytes().layout();
}

// One described struct, to where there is room for the size of its layout.
template <class T>
void encode(const T& described, char* place) {
  Writer<ByteStore> writer{ByteStore(place)};
  writer.value(described);
}

template <class T>
[[nodiscard]] std::string encode(const T& described) {
  std::string bytes(layout_of(described).size, '\0');
  encode(described, bytes.data());
  return bytes;
}

}  // namespace shmbus::codec
