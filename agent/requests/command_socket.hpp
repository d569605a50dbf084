// The commands end of one endpoint: requests in, replies out, and what is known of who asks. Nothing here blocks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "agent/config/endpoint.hpp"
#include "agent/config/limits.hpp"
#include "agent/requests/reply_buffer.hpp"
#include "agent/transport/bound_socket.hpp"

namespace shmbus::agent {

// One request as it came, borrowed from the socket. `frame` is the first where the message had several; `peer` is
// Peer-Address on ipc, the public key with CURVE, and empty on insecure tcp. With 0 parts it was no request: nobody is
// to be answered.
struct Received {
  std::string_view frame = {};
  std::string_view peer = {};
  std::size_t parts = 1;
};

// A ROUTER that keeps each request's envelope and answers as a REP would; a message without an envelope, or with one of
// more than limits.envelope_parts frames, is passed over as a REP passes it over. A REP itself can be made to lose
// another client's reply, and has to send each reply before it takes the next request.
//
// One thread. After receive() gave a request, reply() answers it before the next receive(). receive() and
// send_replies() may take in what the descriptor of the socket would tell: wait for that only after receive() gave
// nothing and there was nothing to send.
class CommandSocket {
 public:
  CommandSocket(zmq::context_t& context, Endpoint endpoint, const Limits& limits);

  // As shmbus::agent::bind(). From then on endpoint() is as it is bound.
  Result<Binding> bind(const SocketAccess& access, UniqueFd passed = {});

  // The next message, valid until the next call, or nothing if none is waiting. When those that were taken from the
  // queue have all been given, up to `at_once` more are taken: one after the other they cost less.
  std::optional<Received> receive(std::size_t at_once = 1);

  // Answers the last request by the next send_replies(). What is large is taken over; where there is no memory for a
  // message of it, that is answered.
  void reply(std::string_view reply) { answer(zmq::message_t(reply)); }
  void reply(ReplyBuffer& reply);

  // Sends the replies since the last time; false if there were none. Together they cost libzmq's thread and the client
  // fewer wake-ups than one by one. A reply to a client that left, or that does not read its replies, is dropped.
  bool send_replies();

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  // A message from the queue: the last of its frames, the request itself, and how many followed the envelope.
  struct Taken {
    std::size_t last;
    std::size_t parts;
  };

  // Takes one message from the queue to the end of frames_ and of taken_; false if none is waiting.
  bool take();
  // Takes its next frame.
  bool take_frame();
  // Takes the frames after the routing id up to the empty one that ends the envelope; false if there is none.
  bool take_envelope();
  // Counts the frames after the one taken last, and drops them.
  std::size_t drop_rest();
  void answer(zmq::message_t reply);

  zmq::socket_t socket_;
  Endpoint endpoint_;
  const std::size_t most_envelope_parts_;
  std::vector<zmq::message_t> frames_;  // of requests behind their envelopes; a reply takes its request's place
  std::vector<Taken> taken_;
  std::size_t next_ = 0;      // in taken_: the first that was not given
  std::size_t answered_ = 0;  // so many of frames_ are of answered requests,
  std::size_t sent_ = 0;      // and so many of these are sent
};

}  // namespace shmbus::agent
