// Where requests come in: a command socket, and how many of its requests are served before others get their turn.
#pragma once

#include <chrono>
#include <functional>

#include "agent/base/clock.hpp"
#include "agent/requests/command_socket.hpp"

namespace shmbus::agent {

// One thread.
class Entrance {
 public:
  using Answer = std::function<ReplyBuffer&(const Endpoint& endpoint, const Received& request, Clock::time_point now)>;

  // `answer` makes the reply to each request.
  Entrance(zmq::context_t& context, Endpoint endpoint, const Limits& limits, Answer answer);

  [[nodiscard]] CommandSocket& socket() { return socket_; }

  // Serves what waits, for one turn: up to limits.requests_per_turn in about limits.turn. A client that waits for each
  // reply gets it at once; where requests queue up, replies wait for each other, limits.hold at the most beside the
  // request that is carried out. Returns whether more may wait.
  bool serve();

 private:
  CommandSocket socket_;
  const Answer answer_;
  const std::size_t requests_per_turn_;
  const Clock::duration turn_;
  const Clock::duration hold_;
  bool had_several_ = false;  // requests, in the last turn
};

}  // namespace shmbus::agent
