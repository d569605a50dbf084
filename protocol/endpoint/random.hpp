// A source of random numbers that nobody can guess: getrandom(2). Safe from any thread. The functions throw
// std::system_error if the kernel gives none, and may block early at boot until it can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace shmbus {

// Returns a number from 1 to 2^53-1, each equally likely, for an epoch, an attachment or an id.
[[nodiscard]] std::uint64_t random_53_bits();

// Returns two lower-case hexadecimal digits for each of `bytes` random bytes, at most 256.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// Returns a random UUID (RFC 4122, version 4). The client library uses it for `once`.
[[nodiscard]] std::string random_uuid();

}  // namespace shmbus
