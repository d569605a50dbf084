// A ZeroMQ socket that is connected to an agent: waits with a deadline and takes messages from that agent alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <zmq.hpp>

#include "protocol/client/security/agent_check.hpp"
#include "protocol/client/security/curve.hpp"
#include "protocol/client/security/refusal_watch.hpp"
#include "protocol/result.hpp"

namespace shmbus {

using Clock = std::chrono::steady_clock;

struct AgentSocketOptions {
  zmq::socket_type type;
  std::string_view channel;  // of the endpoint, for messages: "commands"
  std::string address;
  std::optional<CurveClient> curve;         // keys for an address that is not ipc: there the kernel tells who is who
  std::optional<std::uint32_t> agent_user;  // as in ClientOptions
  std::size_t max_message_bytes;
  int max_queued_messages = 1000;
};

// Not thread-safe. Movable, but not while another object refers to socket().
class AgentSocket {
 public:
  using Frames = std::pair<zmq::message_t, zmq::message_t>;  // every message of an agent has two

  explicit AgentSocket(AgentSocketOptions options);

  // Connects a new socket, which has nothing of the one before; nobody needs to be there yet. Errors: kBadRequest for
  // an address that ZeroMQ does not take; as use_curve().
  [[nodiscard]] Result<void> connect();

  // The next message, or nothing at `deadline` (none: waits for ever). Errors: kInterrupted once `interrupt_fd` (-1:
  // none) is readable; kPermissionDenied if the agent refuses the connection, and as AgentCheck::admit() for a message
  // that is not the agent's, of which nothing is left.
  [[nodiscard]] Result<std::optional<Frames>> receive(std::optional<Clock::time_point> deadline, int interrupt_fd);

  // For the hint that nobody answered: what may be wrong with the keys. Empty on ipc.
  [[nodiscard]] std::string key_hint() const;

  [[nodiscard]] zmq::socket_t& socket() { return socket_; }

 private:
  [[nodiscard]] bool is_ipc() const { return options_.address.starts_with("ipc://"); }
  Result<std::optional<Frames>> take_message();

  AgentSocketOptions options_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::unique_ptr<RefusalWatch> refusals_;  // of this socket_; null on ipc, where there are none
  AgentCheck agent_;
};

}  // namespace shmbus
