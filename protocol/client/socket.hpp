// What both ends of the client library do with a ZeroMQ socket: wait with a deadline, take whole messages.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "protocol/client/security/agent_check.hpp"
#include "protocol/client/security/curve.hpp"
#include "protocol/client/security/refusal_watch.hpp"
#include "protocol/result.hpp"

namespace shmbus {

using Clock = std::chrono::steady_clock;

// Connects `socket`, which needs nobody there yet, with keys unless the address is ipc: there the kernel tells both
// ends who the other is. Errors: kBadRequest for an address that ZeroMQ does not take, where `what` names the endpoint
// in the message; as use_curve(). Gives back the watch for refusals, which nobody needs on ipc: null there.
[[nodiscard]] Result<std::unique_ptr<RefusalWatch>> connect_to(zmq::context_t& context, zmq::socket_t& socket,
                                                               const std::string& address, std::string_view what,
                                                               const std::optional<CurveClient>& curve);

// For the hint that nobody answered: what may be wrong with the keys. Empty on ipc.
[[nodiscard]] std::string key_hint(const std::string& address, const std::optional<CurveClient>& curve);

enum class Woken : std::uint8_t { kMessage, kInterrupt, kDeadline, kRefused };

// Waits until `socket` has a message, `interrupt_fd` (-1: none) is readable, `deadline` (none: never) has passed, or
// `refusals` (null: none) has a refusal.
[[nodiscard]] Woken wait_for_message(zmq::socket_t& socket, int interrupt_fd, std::optional<Clock::time_point> deadline,
                                     RefusalWatch* refusals);

// The frames of the next message; nothing if there is none after all. Frames beyond the third are dropped. Errors: as
// AgentCheck::admit() for a message that is not the agent's, of which nothing is left.
[[nodiscard]] Result<std::optional<std::vector<zmq::message_t>>> receive_message(zmq::socket_t& socket,
                                                                                 AgentCheck& agent);

}  // namespace shmbus
