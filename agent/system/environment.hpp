// Variables that are for this process and not for those it starts.
#pragma once

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>

namespace shmbus::agent {

// The value, empty if there is none; it is gone from the environment then. Before there are other threads.
[[nodiscard]] inline std::string taken_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

// Nothing unless `digits` are the whole of a number that fits.
template <typename Number>
[[nodiscard]] std::optional<Number> number_of(const std::string& digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

}  // namespace shmbus::agent
