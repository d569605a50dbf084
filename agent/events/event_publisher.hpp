// The PUB end, as an XPUB, which can read subscriptions: publishes events and the agent's notices, answers sync.
#pragma once

#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "agent/config/limits.hpp"
#include "agent/events/event_log.hpp"
#include "agent/events/subscriptions.hpp"
#include "agent/transport/bound_socket.hpp"

namespace shmbus::agent {

// One thread. Nothing here blocks: a subscriber whose queue is full loses messages, and sees that by their numbers.
class EventPublisher {
 public:
  EventPublisher(zmq::context_t& context, const Limits& limits, EventLog& journal);

  // Adds a socket at `endpoint`. As shmbus::agent::bind().
  Result<Binding> bind(const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed = {});

  // Numbers, keeps and sends one event.
  void publish(Event&& event);

  // Sends a notice on `topic`: kHeartbeatTopic, kStartedTopic or kStoppingTopic.
  void notify(std::string_view topic);

  // One socket, at one endpoint. `pending`: subscriptions may wait that its descriptor does not tell of, because it was
  // used since the last were read, or because there were too many.
  struct EventSocket {
    Endpoint endpoint;
    zmq::socket_t socket;
    Subscriptions subscriptions;
    bool pending = true;
  };

  // Reads the subscriptions that came in and answers those to sync topics. When there are too many, who has most is cut
  // off.
  void answer_subscriptions(EventSocket& event_socket);

  // Cuts all subscribers with keys off, so that each has to show its key again. Whoever may come back connects again by
  // itself, sees by the numbers what it missed, and asks for that.
  void disconnect_key_holders();

  // Binds what was cut off, as soon as libzmq has let go of the address, which is not at once.
  void bind_again();
  [[nodiscard]] bool has_disconnected() const { return !disconnected_.empty(); }

  [[nodiscard]] const EventLog& journal() const { return journal_; }
  [[nodiscard]] std::vector<EventSocket>& sockets() { return sockets_; }

 private:
  void disconnect(EventSocket& event_socket);
  void send_to_all(std::string_view topic, std::string_view body);

  zmq::context_t& context_;
  const Limits limits_;
  EventLog& journal_;
  std::string topic_;  // of the last event; keeps its memory
  std::vector<EventSocket> sockets_;
  std::vector<std::pair<EventSocket*, std::string>>
      disconnected_;  // and their addresses; sockets_ does not change any more
};

}  // namespace shmbus::agent
