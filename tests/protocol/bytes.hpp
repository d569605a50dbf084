// msgpack written by hand, so that the codec is not tested against itself.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shmbus::bytes {

inline std::string big_endian(std::uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> static_cast<unsigned>(shift));
  }
  return out;
}

inline std::string str(std::string_view text) { return '\xdb' + big_endian(text.size(), 4) + std::string(text); }
inline std::string bin(std::string_view data) { return '\xc6' + big_endian(data.size(), 4) + std::string(data); }
inline std::string num(std::uint64_t number) { return '\xcf' + big_endian(number, 8); }
inline std::string neg(std::int64_t number) { return '\xd3' + big_endian(static_cast<std::uint64_t>(number), 8); }
inline std::string flag(bool value) { return value ? "\xc3" : "\xc2"; }
inline std::string nil() { return "\xc0"; }
inline std::string f32(float number) { return '\xca' + big_endian(std::bit_cast<std::uint32_t>(number), 4); }
inline std::string f64(double number) { return '\xcb' + big_endian(std::bit_cast<std::uint64_t>(number), 8); }

inline std::string array(const std::vector<std::string>& values) {
  std::string out = '\xdd' + big_endian(values.size(), 4);
  for (const std::string& value : values) {
    out += value;
  }
  return out;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string map(const Fields& fields) {
  std::string out = '\xdf' + big_endian(fields.size(), 4);
  for (const auto& [name, value] : fields) {
    out += str(name) + value;
  }
  return out;
}

// A request of `op` with further fields.
inline std::string request(std::string_view op, Fields fields = {}) {
  fields.emplace(fields.begin(), "op", str(op));
  return map(fields);
}

}  // namespace shmbus::bytes
