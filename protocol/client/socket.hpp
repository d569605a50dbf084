// What both ends of the client library do with a ZeroMQ socket: wait with a deadline, take whole messages, draw lots.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "protocol/result.hpp"

namespace shmbus {

using Clock = std::chrono::steady_clock;

// Connects `socket`, which needs nobody there yet. Errors: kBadRequest for an address that ZeroMQ does not take; `what`
// names the endpoint in the message.
[[nodiscard]] Result<void> connect_to(zmq::socket_t& socket, const std::string& address, std::string_view what);

enum class Woken : std::uint8_t { kMessage, kInterrupt, kDeadline };

// Waits until `socket` has a message, `interrupt_fd` (-1: none) is readable, or `deadline` (none: never) has passed.
[[nodiscard]] Woken wait_for_message(zmq::socket_t& socket, int interrupt_fd,
                                     std::optional<Clock::time_point> deadline);

// The frames of the next message; nothing if there is none after all. Frames beyond the third are dropped.
[[nodiscard]] std::optional<std::vector<std::string>> receive_message(zmq::socket_t& socket);

// `bytes` random bytes as lower-case hex digits, a random UUID (RFC 4122, version 4), and a number below 2^53.
[[nodiscard]] std::string random_hex(std::size_t bytes);
[[nodiscard]] std::string random_uuid();
[[nodiscard]] std::uint64_t random_number();

}  // namespace shmbus
