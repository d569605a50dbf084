#include "agent/events/event_publisher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "agent/access/caller.hpp"
#include "agent/transport/connection_limiter.hpp"
#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr int kSubscriptionsPerTurn = 1000;   // of one socket, before requests are served
constexpr std::chrono::seconds kLogPause{1};  // between two lines about disconnected subscribers
constexpr char kBegins = '\1';                // before the topic of a new subscription, '\0' before one that ends

// Without memory for the messages nothing is sent, and subscribers see the gap.
void send(EventPublisher::EventSocket& event_socket, std::string_view topic, std::string_view body) {
  event_socket.pending = true;
  try {
    zmq::message_t first(topic);
    zmq::message_t second(body);
    event_socket.socket.send(first, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    event_socket.socket.send(second, zmq::send_flags::dontwait);
  } catch (const zmq::error_t& error) {
    if (error.num() != ENOMEM) {
      throw;
    }
    spdlog::error("no memory to send an event");
  }
}

}  // namespace

EventPublisher::EventPublisher(zmq::context_t& context, const Limits& limits, EventLog& journal)
    : context_(context),
      limits_(limits),
      journal_(journal),
      rate_(kSubscriptionsPerSecond, RateLimiter::Burst{kSubscriptionBurst}) {}

Result<Binding> EventPublisher::bind(const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed) {
  sockets_.push_back(
      {endpoint, zmq::socket_t(context_, zmq::socket_type::xpub), Subscriptions(limits_.subscription_bytes)});
  zmq::socket_t& socket = sockets_.back().socket;
  set_common_options(socket, limits_, kMaxSubscriptionMessageBytes);
  socket.set(zmq::sockopt::sndhwm, high_water_mark(kEventQueue));
  socket.set(zmq::sockopt::rcvhwm, kSubscriptionQueue);
  socket.set(zmq::sockopt::xpub_verboser, true);  // report each subscription and each end of one
  return agent::bind(socket, endpoint, access, std::move(passed));
}

void EventPublisher::publish(Event&& event) {
  const std::uint64_t before = journal_.seq();
  try {
    const std::string_view body = journal_.append(event);
    write_topic(event, topic_);
    send_to_all(topic_, body);
  } catch (const std::bad_alloc&) {  // subscribers see the gap; they get the event by a replay if it was kept
    spdlog::error("no memory for an event");
    if (journal_.seq() == before) {
      journal_.skip();
    }
  }
}

void EventPublisher::notify(std::string_view topic) {
  const std::string body = encode_notice(
      {.epoch = journal_.epoch(), .seq = journal_.seq(), .host = journal_.host(), .time_ns = unix_time_ns()});
  send_to_all(topic, body);
  for (EventSocket& event_socket : sockets_) {
    event_socket.subscriptions.forget_closed();
  }
}

// Without subscribers libzmq would drop the message, but at some cost.
void EventPublisher::send_to_all(std::string_view topic, std::string_view body) {
  for (EventSocket& event_socket : sockets_) {
    if (!event_socket.subscriptions.empty()) {
      send(event_socket, topic, body);
    }
  }
}

void EventPublisher::answer_subscriptions(EventSocket& event_socket, Clock::time_point now) {
  zmq::message_t message;
  int cut = -1;  // the descriptor of the connection that was cut last
  for (int turn = 0; turn < kSubscriptionsPerTurn; ++turn) {
    if (!event_socket.socket.recv(message, zmq::recv_flags::dontwait)) {
      event_socket.pending = false;
      return;
    }
    const std::string_view bytes = message.to_string_view();
    if (bytes.empty()) {
      continue;
    }
    const std::string_view topic = bytes.substr(1);
    const int descriptor = zmq_msg_get(message.handle(), ZMQ_SRCFD);
    const std::string principal = Subscriptions::principal_of(peer_of(message, event_socket.endpoint.transport));
    if (!rate_.take(principal, now)) {
      if (descriptor != cut) {  // its other messages are dropped without a system call
        cut = descriptor;
        ConnectionLimiter::instance().cut(connection_at(descriptor));
        disconnect(event_socket, principal, "it subscribes too often", now);
      }
      continue;
    }
    const ConnectionId connection = connection_at(descriptor);
    if (bytes.front() != kBegins) {
      event_socket.subscriptions.ended(connection, topic);
      continue;
    }
    if (event_socket.subscriptions.began(connection, principal, topic)) {
      disconnect(event_socket, event_socket.subscriptions.largest(), "it holds the most of too many subscriptions",
                 now);
    }
    if (is_sync_topic(topic)) {
      send(event_socket, topic,
           encode_notice({.epoch = journal_.epoch(), .seq = journal_.seq(), .host = {}, .time_ns = {}}));
    }
  }
  event_socket.pending = true;
}

void EventPublisher::disconnect(const EventSocket& event_socket, const std::string& principal, std::string_view reason,
                                Clock::time_point now) {
  for (const ConnectionId& connection : event_socket.subscriptions.connections_of(principal)) {
    ConnectionLimiter::instance().cut(connection);
  }
  if (now >= next_log_) {
    spdlog::warn("disconnected {} at {}: {}", principal.empty() ? kAnonymous : principal, event_socket.endpoint.address,
                 reason);
    next_log_ = now + kLogPause;
  }
}

void EventPublisher::disconnect_key_holders() {
  for (EventSocket& event_socket : sockets_) {
    if (event_socket.endpoint.transport == Transport::kCurve) {
      disconnect(event_socket);
    }
  }
}

void EventPublisher::disconnect(EventSocket& event_socket) {
  const bool is_disconnected = std::any_of(disconnected_.begin(), disconnected_.end(),
                                           [&](const auto& entry) { return entry.first == &event_socket; });
  if (!is_disconnected) {
    const std::string address = event_socket.socket.get(zmq::sockopt::last_endpoint);
    event_socket.socket.unbind(address);
    event_socket.pending = true;
    disconnected_.emplace_back(&event_socket, address);
  }
}

void EventPublisher::bind_again() {
  std::erase_if(disconnected_, [](const auto& entry) {
    try {
      entry.first->pending = true;
      entry.first->socket.bind(entry.second);
      return true;
    } catch (const zmq::error_t&) {  // libzmq's thread has not closed the old listener yet
      return false;
    }
  });
}

}  // namespace shmbus::agent
