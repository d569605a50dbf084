// Random numbers that nobody can guess: epochs and attachment ids.
#pragma once

#include <cstdint>

namespace shmbus::agent {

// 1 … 2^53-1, uniform, from getrandom(2). Throws std::system_error if the kernel has none.
[[nodiscard]] std::uint64_t random_53_bits();

}  // namespace shmbus::agent
