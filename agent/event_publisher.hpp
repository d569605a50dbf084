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

  // As bind_all().
  Result<std::vector<Binding>> bind(const std::vector<std::string>& endpoints);

  // Numbers, keeps and sends one event.
  void publish(Event event);

  // Sends a notice on `topic`: kHeartbeatTopic, kStartedTopic or kStoppingTopic.
  void notify(std::string_view topic);

  // Reads the subscriptions that came in and answers those to sync topics.
  void answer_subscriptions();

  [[nodiscard]] const EventJournal& journal() const { return journal_; }
  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

 private:
  void send(std::string_view topic, std::string_view body);

  EventJournal& journal_;
  zmq::socket_t socket_;
};

}  // namespace shmbus::agent
