#include "protocol/endpoint/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "protocol/limits.hpp"

namespace shmbus {
namespace {

void fill_randomly(void* bytes, std::size_t size) {
  if (::getrandom(bytes, size, 0) != static_cast<ssize_t>(size)) {  // never short up to 256 bytes: getrandom(2)
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
}

}  // namespace

std::uint64_t random_53_bits() {
  std::uint64_t number = 0;
  while (number == 0) {
    fill_randomly(&number, sizeof number);
    number &= limits::kMaxEpoch;
  }
  return number;
}

std::string random_hex(std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string random(bytes, '\0');
  fill_randomly(random.data(), random.size());
  std::string hex;
  for (const char byte : random) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
    hex += kDigits[static_cast<unsigned char>(byte) & 0xFU];
  }
  return hex;
}

std::string random_uuid() {
  std::string uuid = random_hex(16);
  uuid[12] = '4';
  uuid[16] = "89ab"[random_53_bits() % 4];
  for (const std::size_t place : {20U, 16U, 12U, 8U}) {
    uuid.insert(place, 1, '-');
  }
  return uuid;
}

}  // namespace shmbus
