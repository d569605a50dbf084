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

// Where the packer puts its many small pieces: a block that holds most messages, so that the string grows once.
class Sink {
 public:
  explicit Sink(std::string& bytes) : bytes_(bytes) {}

  void write(const char* data, std::size_t size) {
    if (size > block_.size() - used_) {
      flush();
      if (size > block_.size()) {
        bytes_.append(data, size);
        return;
      }
    }
    std::memcpy(block_.data() + used_, data, size);
    used_ += size;
  }
  void write(std::string_view data) { write(data.data(), data.size()); }

  // One byte, then a text that fits into the block.
  void write_tagged(std::uint8_t tag, std::string_view text) {
    if (text.size() >= block_.size() - used_) {
      flush();
    }
    block_[used_++] = static_cast<char>(tag);
    std::memcpy(block_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }

  void flush() {
    bytes_.append(block_.data(), used_);
    used_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return bytes_.size() + used_; }

 private:
  std::array<char, 512> block_;
  std::size_t used_ = 0;
  std::string& bytes_;
};

class Writer {
 public:
  // Appends to `bytes`, which has everything after finish(); but not those bytes that are `left_out`, if data has them.
  explicit Writer(std::string& bytes, std::optional<std::string_view> left_out = {})
      : sink_(bytes), left_out_(left_out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void finish() { sink_.flush(); }

  // Where in `bytes` that which was left out would stand; its end if nothing was.
  [[nodiscard]] std::size_t gap() const { return gap_.value_or(sink_.size()); }

  // Writes one described struct as a map.
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

 private:
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
    if (text.size() < kFixStrSizes) {
      sink_.write_tagged(static_cast<std::uint8_t>(kFixStr | text.size()), text);
    } else {
      packer_.pack_str(static_cast<std::uint32_t>(text.size()));
      sink_.write(text);
    }
  }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(Mode mode) { value(mode_digits(mode)); }
  void value(ErrorCode code) { value(name_of(code)); }
  void value(EventKind kind) { value(name_of(kind)); }
  void value(EventSource source) { value(name_of(source)); }

  static constexpr std::size_t kFixStr = 0xa0;  // as the msgpack specification has it, "str format family"
  static constexpr std::size_t kFixStrSizes = 32;

  Sink sink_;
  const std::optional<std::string_view> left_out_;
  std::optional<std::size_t> gap_;
  msgpack::packer<Sink> packer_{sink_};
};

// One described struct as the content of `bytes`.
template <class T>
void encode(const T& described, std::string& bytes) {
  bytes.clear();
  Writer writer(bytes);
  writer.value(described);
  writer.finish();
}

template <class T>
[[nodiscard]] std::string encode(const T& described) {
  std::string bytes;
  encode(described, bytes);
  return bytes;
}

}  // namespace shmbus::codec
