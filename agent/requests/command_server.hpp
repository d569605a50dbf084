// A server for the command sockets that receives requests, serves the principals in turn and sends the replies.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <zmq.hpp>

#include "agent/access/authenticator.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/throttled_log.hpp"
#include "agent/config/endpoint.hpp"
#include "agent/config/limits.hpp"
#include "agent/requests/dispatcher.hpp"
#include "agent/requests/request_queues.hpp"
#include "agent/transport/bound_socket.hpp"

namespace shmbus::agent {

// Each socket is a ROUTER that keeps a request's envelope and answers as a REP would. A REP itself has to send each
// reply before it receives the next request, and a client can make it lose another client's reply. A message without an
// envelope, or with one of more than kMaxEnvelopeParts frames, is dropped as a REP drops it.
//
// The loop calls serve() for a socket that is readable. One call is a turn: it starts no further request rounds after
// Limits::turn, so that timers and events are not starved. A turn moves requests from the socket into a queue for each
// principal and serves them so that each principal gets its share of the agent's time (see RequestQueues). The queues
// are shared by all sockets and keep their requests from one turn to the next. A request for which its principal's
// queue has no room is answered kBusy at once. A batch gives way to the other principals after kBatchAlone, and then
// after each kRound.
//
// A turn consists of rounds. A round serves requests for a fraction of a millisecond (kRound), then sends all of its
// replies together. That wakes ZeroMQ's I/O thread and the clients once instead of once per reply. Every request in a
// round is complete, events included, before its reply leaves.
//
// One thread; nothing here blocks. A reply to a client that has left, or that has too many replies unread
// (kReplyQueue), is dropped by ZeroMQ. Requests that still wait when the server is destroyed get no reply.
class CommandServer {
 public:
  struct Socket {
    zmq::socket_t socket;
    Endpoint endpoint;  // with the address as bound
  };

  // Copies the limits and borrows the rest, which must outlive the server.
  CommandServer(zmq::context_t& context, Authenticator& authenticator, Dispatcher& dispatcher, const Limits& limits);

  // Adds a socket bound at `endpoint`, or one that listens on `passed`, which it takes over. The caller keeps the
  // returned binding until the ZeroMQ context has ended. Errors: as shmbus::agent::bind().
  Result<Binding> bind(Endpoint endpoint, const SocketAccess& access, UniqueFd passed = {});

  // The sockets in the order in which they were added. Adding one does not move the others.
  [[nodiscard]] std::deque<Socket>& sockets() { return sockets_; }

  // Receives from the socket with this index and serves one turn. Returns whether work may be left: call it again then
  // without waiting for the descriptor, which signals only a message that arrives later. Throws zmq::error_t if ZeroMQ
  // fails.
  bool serve(std::size_t socket);

  // Forgets the principals that have read all their replies. Call it from time to time.
  void forget_idle() { unread_.forget_idle(); }

  // Returns how many requests were served since the last call, batches counted once.
  [[nodiscard]] std::size_t take_served() { return std::exchange(served_, 0); }

 private:
  // Receives messages from a socket, kMostAtOnce at most, and queues the requests among them. Returns whether the
  // socket is drained; false if more messages may wait.
  bool receive(std::size_t socket);
  // Receives the next message of a socket into `message`. Sets parts to 0 if it is not a request, or if there is no
  // memory for its frames. Returns false if no message waits.
  bool receive_message(std::size_t socket, QueuedRequest& message);
  // Moves the first spare request into the queue of its principal. Without room or memory there, the request goes
  // straight into the round with an error as its reply.
  void queue_first_spare();
  void refuse_first_spare(ReplyBuffer& reply, const std::string& principal);
  [[nodiscard]] bool has_work() const { return queues_.size() > 0 || !round_.empty(); }
  // Serves queued requests until the round is over and sends their replies. The last request may run past the end of
  // the round. Returns the time after that request.
  Clock::time_point serve_round(Clock::time_point now);
  // Serves one request and replaces it by its reply, behind the envelope that leads back to the client. Returns false
  // if the request is a batch that is to be continued.
  bool serve_one(QueuedRequest& request, Clock::time_point now);
  void refuse_for_memory();
  // Serves a request that is no started batch. Returns null if it is a batch that is to be carried out.
  ReplyBuffer* begin(QueuedRequest& request, Clock::time_point now);
  // Puts the reply in the place of the request, and cuts the connections of a principal that does not read.
  void answer(QueuedRequest& request, ReplyBuffer& reply, const std::string& principal);

  zmq::context_t& context_;
  Authenticator& authenticator_;
  Dispatcher& dispatcher_;
  const Limits limits_;
  std::deque<Socket> sockets_;
  RequestQueues queues_;
  UnreadReplies unread_;
  ThrottledLog unread_log_;
  Requests round_;  // already served: each holds its reply in place of the request
  Requests spare_;  // reused, because allocating memory for each request costs a fifth of the rate
  std::size_t served_ = 0;
};

}  // namespace shmbus::agent
