// Random numbers that nobody can guess, from getrandom(2). Throws std::system_error if the kernel has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace shmbus {

// 1 … 2^53-1, uniform: an epoch, an attachment, an id.
[[nodiscard]] std::uint64_t random_53_bits();

// `bytes` (at most 256) random bytes as lower-case hex digits.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// A UUID (RFC 4122, version 4).
[[nodiscard]] std::string random_uuid();

}  // namespace shmbus
