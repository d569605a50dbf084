#include "agent/base/json_line.hpp"

#include <spdlog/fmt/chrono.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace shmbus::agent {

std::string rfc3339(WallTime time) {
  using namespace std::chrono;
  const auto second = floor<seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", second, floor<microseconds>(time - second).count());
}

std::string_view cut(std::string_view text, std::size_t most_bytes) {
  const auto is_within_character = [text](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80;
  };
  for (int i = 0; i < 3 && most_bytes > 0 && is_within_character(most_bytes); ++i) {
    --most_bytes;
  }
  return text.substr(0, most_bytes);
}

std::string json_line(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace shmbus::agent
