// One line of JSON for a log: written field by field, whatever bytes a text has.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shmbus::agent {

using WallTime = std::chrono::system_clock::time_point;

// "2024-02-21T00:32:49.123456Z"
[[nodiscard]] std::string rfc3339(WallTime time);

// An object as it grows. Names are ours and need no escape; foreign bytes in a text are escaped, and what is longer
// than `most_text_bytes` is cut.
class JsonObject {
 public:
  explicit JsonObject(std::size_t most_text_bytes) : most_text_bytes_(most_text_bytes) {}

  void text(std::string_view name, std::string_view value);
  void text_if_any(std::string_view name, std::string_view value);
  void number(std::string_view name, std::uint64_t value);
  template <class Number>
  void number_if_any(std::string_view name, const std::optional<Number>& value) {
    if (value) {
      raw(name, std::to_string(*value));
    }
  }
  void object(std::string_view name, const JsonObject& value);

  // With its line end.
  [[nodiscard]] std::string line() &&;

 private:
  void begin(std::string_view name);
  void raw(std::string_view name, std::string_view json);

  std::size_t most_text_bytes_;
  std::string json_ = "{";
};

}  // namespace shmbus::agent
