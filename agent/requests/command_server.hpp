// Serves the command sockets: receives requests, decides whose turn it is, sends the replies.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <zmq.hpp>

#include "agent/access/authenticator.hpp"
#include "agent/base/clock.hpp"
#include "agent/config/endpoint.hpp"
#include "agent/config/limits.hpp"
#include "agent/requests/dispatcher.hpp"
#include "agent/requests/request_queues.hpp"
#include "agent/transport/bound_socket.hpp"

namespace shmbus::agent {

// Each socket is a ROUTER that keeps a request's envelope and answers as a REP would: a REP itself can be made to lose
// another client's reply, and has to send each reply before it takes the next request. A message without an envelope,
// or with one of more than kMaxEnvelopeParts frames, is dropped as a REP drops it.
//
// Requests are taken off the sockets into a queue for each principal, and the queues are served by turns. One thread;
// nothing here blocks.
class CommandServer {
 public:
  struct Socket {
    zmq::socket_t socket;
    Endpoint endpoint;  // as it is bound
  };

  // Borrows all but the limits; what is borrowed must outlive the server.
  CommandServer(zmq::context_t& context, Authenticator& authenticator, Dispatcher& dispatcher, const Limits& limits);

  // Adds a socket. Errors: as shmbus::agent::bind().
  Result<Binding> bind(Endpoint endpoint, const SocketAccess& access, UniqueFd passed = {});

  // In the order of adding; a socket stays where it is.
  [[nodiscard]] std::deque<Socket>& sockets() { return sockets_; }

  // Receives from the socket of this number and serves whoever's turn it is, for limits.turn. Returns whether there may
  // be more to do; else the socket's descriptor tells of the next request.
  bool serve(std::size_t socket);

  // How many requests were served since the last call.
  [[nodiscard]] std::size_t take_served() { return std::exchange(served_, 0); }

 private:
  // Takes at most so many messages off a socket; false if there may be more.
  bool receive(std::size_t socket, std::size_t most);
  // Puts the next message of a socket into `message`, with parts 0 if it is no request; false if there is none.
  bool receive_message(std::size_t socket, QueuedRequest& message);
  void queue_first_spare();
  [[nodiscard]] bool has_work() const { return queues_.size() > 0 || !round_.empty(); }
  // Serves what waits, for kRound at most beside the request in hand, and sends the replies. Returns the time.
  Clock::time_point serve_round(Clock::time_point now);
  // Puts the reply in the place of the request.
  void serve_one(QueuedRequest& request, Clock::time_point now);

  zmq::context_t& context_;
  Authenticator& authenticator_;
  Dispatcher& dispatcher_;
  const Limits limits_;
  std::deque<Socket> sockets_;
  RequestQueues queues_;
  Requests round_;  // with the reply in place of the request, to be sent
  Requests spare_;  // to be used again: taking memory for each request costs a fifth of the rate
  std::size_t served_ = 0;
};

}  // namespace shmbus::agent
