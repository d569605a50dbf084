// A publisher that sends events and the agent's notices to all events endpoints, and answers sync subscriptions. Its
// sockets are XPUB, because a PUB cannot read subscriptions.
#pragma once

#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "agent/access/rate_limiter.hpp"
#include "agent/base/clock.hpp"
#include "agent/config/limits.hpp"
#include "agent/events/event_log.hpp"
#include "agent/events/subscriptions.hpp"
#include "agent/transport/bound_socket.hpp"
#include "protocol/events.hpp"

namespace shmbus::agent {

// Owns one socket for each events endpoint. Nothing here blocks: a subscriber whose queue is full loses messages, sees
// a gap in their numbers, and asks for a replay. A client that subscribes to a sync topic gets an answer with the
// current seq; the socket handles subscriptions in order, so all earlier ones are live by then. Single-threaded.
class EventPublisher {
 public:
  // Borrows `context` and `journal`, which must outlive it.
  EventPublisher(zmq::context_t& context, const Limits& limits, EventLog& journal);

  // Adds a socket and binds it to `endpoint`. Parameters and errors: as shmbus::agent::bind().
  Result<Binding> bind(const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed = {});

  // Appends `event` to the journal and sends it to all endpoints. Throws std::bad_alloc, as EventLog::append().
  void publish(Event&& event);

  // Sends a notice to all endpoints; `topic` is kHeartbeatTopic, kStartedTopic or kStoppingTopic. A notice has the
  // number of the last event and takes none of its own. Also drops the subscriptions of closed connections.
  void notify(std::string_view topic);

  // One socket and its endpoint. If `pending` is set, subscriptions may wait although the descriptor of the socket is
  // not readable: ZMQ_FD is edge-triggered (zmq_getsockopt(3)), so any use of the socket may clear it, and a read that
  // stops early leaves some behind.
  struct EventSocket {
    Endpoint endpoint;
    zmq::socket_t socket;
    Subscriptions subscriptions;
    bool pending = true;
  };

  // Reads the subscriptions that have arrived, up to a fixed number, and answers those to sync topics. If they exceed
  // the limit of the endpoint, disconnects the principal that has the most. Disconnects a principal that subscribes and
  // unsubscribes faster than kSubscriptionsPerSecond, after kSubscriptionBurst at once.
  void answer_subscriptions(EventSocket& event_socket, Clock::time_point now);

  // Disconnects all subscribers with keys, so that each has to show its key again. Called when the keys have changed,
  // since libzmq asks about a key only when a peer connects. A subscriber whose key is still valid reconnects, sees the
  // gap in the numbers and asks for a replay.
  void disconnect_key_holders();

  // Binds the sockets that were disconnected. libzmq's I/O thread has to close the old listener first, so the first
  // attempts fail: call it again, after a pause, while has_disconnected().
  void bind_again();
  [[nodiscard]] bool has_disconnected() const { return !disconnected_.empty(); }

  [[nodiscard]] const EventLog& journal() const { return journal_; }
  [[nodiscard]] std::vector<EventSocket>& sockets() { return sockets_; }

 private:
  void disconnect(EventSocket& event_socket);
  // Cuts the connections of one principal, which reconnects. Logs it, but not more than once a second.
  void disconnect(const EventSocket& event_socket, const std::string& principal, std::string_view reason,
                  Clock::time_point now);
  void send_to_all(std::string_view topic, std::string_view body);

  zmq::context_t& context_;
  const Limits limits_;
  EventLog& journal_;
  RateLimiter rate_;  // of subscriptions
  Clock::time_point next_log_;
  std::string topic_;  // of the last event; a member, so that its memory is reused
  std::vector<EventSocket> sockets_;
  // Sockets to bind again, and their addresses. The pointers stay valid, because sockets_ is complete by then.
  std::vector<std::pair<EventSocket*, std::string>> disconnected_;
};

}  // namespace shmbus::agent
