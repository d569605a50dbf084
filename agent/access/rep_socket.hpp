// Commands of the agent's own user: a REP.
#pragma once

#include "agent/command_socket.hpp"

namespace shmbus::agent {

class RepSocket final : public CommandSocket {
 public:
  RepSocket(zmq::context_t& context, const Endpoint& endpoint, const Limits& limits);

  std::optional<Received> receive() override;

 private:
  void send_message(zmq::message_t reply) override;

  zmq::message_t frame_;
};

}  // namespace shmbus::agent
