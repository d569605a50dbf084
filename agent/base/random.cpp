#include "agent/base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "protocol/limits.hpp"

namespace shmbus::agent {

std::uint64_t random_53_bits() {
  std::uint64_t number = 0;
  while (number == 0) {
    if (getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    number &= limits::kMaxEpoch;
  }
  return number;
}

}  // namespace shmbus::agent
