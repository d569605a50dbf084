// The commands end of one endpoint: requests in, replies out, and what is known of who asks. Nothing here blocks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "agent/access/bound_socket.hpp"
#include "agent/access/endpoint.hpp"
#include "agent/config.hpp"
#include "agent/reply_buffer.hpp"

namespace shmbus::agent {

// One request as it came, borrowed from the socket. `frame` is the first where the message had several; `peer` is
// Peer-Address on ipc, the public key with CURVE, and empty on insecure tcp. With 0 parts it was no request and is
// gone: nobody is to be answered.
struct Received {
  std::string_view frame = {};
  std::string_view peer = {};
  std::size_t parts = 1;
};

// One thread. After receive() gave a request, send() answers it before the next receive(). Both may take in what the
// descriptor of the socket would tell: wait for that only after receive() gave nothing.
class CommandSocket {
 public:
  CommandSocket(const CommandSocket&) = delete;
  CommandSocket& operator=(const CommandSocket&) = delete;
  virtual ~CommandSocket() = default;

  // A REP where only the agent's own user comes; a ROUTER that answers as a REP would where others may, because they
  // could have a REP lose another client's reply.
  static std::unique_ptr<CommandSocket> make(zmq::context_t& context, const Endpoint& endpoint, const Limits& limits);

  // As shmbus::agent::bind(). From then on endpoint() is as it is bound.
  Result<Binding> bind(const SocketAccess& access);

  // The next message, valid until the next call, or nothing if none is waiting.
  virtual std::optional<Received> receive() = 0;

  // Answers the last request. A reply to a client that left, or that does not read its replies, is dropped.
  void send(std::string_view reply) { send_message(zmq::message_t(reply)); }

  // The same, taking over what is large.
  void send(ReplyBuffer& reply);

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 protected:
  CommandSocket(zmq::context_t& context, zmq::socket_type type, Endpoint endpoint, const Limits& limits);

  // Takes the next frame into `frame`, if there is one now.
  bool take(zmq::message_t& frame);
  // Counts the frames after `frame`, and drops them.
  std::size_t drop_rest(const zmq::message_t& frame);
  // The request whose first frame is `frame`.
  Received received(zmq::message_t& frame);

  zmq::socket_t socket_;

 private:
  virtual void send_message(zmq::message_t reply) = 0;

  Endpoint endpoint_;
};

}  // namespace shmbus::agent
