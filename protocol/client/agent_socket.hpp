// A ZeroMQ socket that is connected to an agent. It receives with a deadline, accepts messages from that agent alone,
// and reports a connection that the agent rejected. Client and EventStream are built on it.
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
  // "commands" or "events", for messages. Not owned: a literal.
  std::string_view channel;
  // The ZeroMQ address of the agent.
  std::string address;
  // The CURVE keys. Not used on ipc, where the kernel identifies both ends.
  std::optional<CurveClient> curve;
  // As in ClientOptions.
  std::optional<std::uint32_t> agent_user;
  // A peer that sends more is disconnected (ZMQ_MAXMSGSIZE).
  std::size_t max_message_bytes;
  // Received messages that wait for receive() (ZMQ_RCVHWM).
  int max_queued_messages = 1000;
};

// Owns a ZeroMQ context and the socket in it. Not thread-safe. It can be moved while no other object refers to
// socket().
class AgentSocket {
 public:
  // A message of an agent, which always has two frames: an empty one and a reply, or a topic and a body.
  using Frames = std::pair<zmq::message_t, zmq::message_t>;

  explicit AgentSocket(AgentSocketOptions options);

  // Connects a new socket and closes the one before, with all its messages. The agent need not run yet: libzmq connects
  // in the background, and again after a loss. Errors: kBadRequest for an address that ZeroMQ does not accept; those of
  // use_curve().
  [[nodiscard]] Result<void> connect();

  // Returns the next message, or nothing at `deadline`. Without a deadline it waits for ever. A message of another
  // number of frames is dropped. Errors: kInterrupted once `interrupt_fd` (-1: none) is readable; kPermissionDenied if
  // the agent rejects the connection, and as of AgentCheck::admit() for a message of another peer, which is dropped.
  [[nodiscard]] Result<std::optional<Frames>> receive(std::optional<Clock::time_point> deadline, int interrupt_fd);

  // Returns advice on the keys, to end the hint of a kNoAnswer. Empty on ipc.
  [[nodiscard]] std::string key_hint() const;

  [[nodiscard]] zmq::socket_t& socket() { return socket_; }

 private:
  [[nodiscard]] bool is_ipc() const { return options_.address.starts_with("ipc://"); }
  Result<std::optional<Frames>> take_message();

  AgentSocketOptions options_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::unique_ptr<RefusalWatch> refusals_;  // of socket_; null on ipc, which has none
  AgentCheck agent_;
};

}  // namespace shmbus
