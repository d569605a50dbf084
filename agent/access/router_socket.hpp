// Commands of strangers: a ROUTER that keeps each request's envelope and answers as a REP would.
#pragma once

#include <vector>

#include "agent/command_socket.hpp"

namespace shmbus::agent {

// A message without an envelope, or with one of more than limits.envelope_parts frames, is passed over, as a REP passes
// it over.
class RouterSocket final : public CommandSocket {
 public:
  RouterSocket(zmq::context_t& context, const Endpoint& endpoint, const Limits& limits);

  std::optional<Received> receive() override;

 private:
  void send_message(zmq::message_t reply) override;
  // Takes the frames up to the empty one that ends the envelope; false if there is none.
  bool take_envelope(zmq::message_t first);

  const std::size_t most_envelope_parts_;
  std::vector<zmq::message_t> envelope_;  // of the last request, the empty frame included
  zmq::message_t frame_;
};

}  // namespace shmbus::agent
