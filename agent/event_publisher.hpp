// The PUB end, as an XPUB, which can read subscriptions: publishes events and the agent's notices, answers sync.
#pragma once

#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/access/bound_socket.hpp"
#include "agent/config.hpp"
#include "agent/event_journal.hpp"

namespace shmbus::agent {

// One thread. Nothing here blocks: a subscriber whose queue is full loses messages, and sees that by their numbers.
class EventPublisher {
 public:
  EventPublisher(zmq::context_t& context, const Limits& limits, EventJournal& journal);

  // Adds a socket at `endpoint`. As shmbus::agent::bind().
  Result<Binding> bind(const Endpoint& endpoint, const SocketAccess& access);

  // Numbers, keeps and sends one event.
  void publish(Event event);

  // Sends a notice on `topic`: kHeartbeatTopic, kStartedTopic or kStoppingTopic.
  void notify(std::string_view topic);

  // Reads the subscriptions that came in and answers those to sync topics.
  void answer_subscriptions();

  [[nodiscard]] const EventJournal& journal() const { return journal_; }
  [[nodiscard]] std::vector<zmq::socket_t>& sockets() { return sockets_; }

 private:
  void answer_subscriptions(zmq::socket_t& socket);

  zmq::context_t& context_;
  const Limits limits_;
  EventJournal& journal_;
  std::vector<zmq::socket_t> sockets_;
};

}  // namespace shmbus::agent
