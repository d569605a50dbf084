#include "agent/events/event_publisher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "agent/access/caller.hpp"
#include "agent/transport/connection_limiter.hpp"
#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr int kSubscriptionsPerTurn = 1000;  // of one socket, before requests are served
constexpr char kBegins = '\1';               // before the topic of a new subscription, '\0' before one that ends

void send(EventPublisher::EventSocket& event_socket, std::string_view topic, std::string_view body) {
  event_socket.socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  event_socket.socket.send(zmq::buffer(body), zmq::send_flags::dontwait);
  event_socket.pending = true;
}

void disconnect_largest(const EventPublisher::EventSocket& event_socket) {
  const auto [principal, connections] = event_socket.subscriptions.largest();
  spdlog::warn("disconnected {}: it holds the most of too many subscriptions at {}",
               principal.empty() ? kAnonymous : principal, event_socket.endpoint.address);
  for (const ConnectionId& connection : connections) {
    ConnectionLimiter::instance().cut(connection);
  }
}

}  // namespace

EventPublisher::EventPublisher(zmq::context_t& context, const Limits& limits, EventLog& journal)
    : context_(context), limits_(limits), journal_(journal) {}

Result<Binding> EventPublisher::bind(const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed) {
  sockets_.push_back(
      {endpoint, zmq::socket_t(context_, zmq::socket_type::xpub), Subscriptions(limits_.subscription_bytes)});
  zmq::socket_t& socket = sockets_.back().socket;
  set_common_options(socket, limits_, kMaxSubscriptionMessageBytes);
  socket.set(zmq::sockopt::sndhwm, high_water_mark(kEventQueue));
  socket.set(zmq::sockopt::xpub_verboser, true);  // report each subscription and each end of one
  return agent::bind(socket, endpoint, access, std::move(passed));
}

void EventPublisher::publish(Event&& event) {
  const std::string_view body = journal_.append(event);
  write_topic(event, topic_);
  send_to_all(topic_, body);
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

void EventPublisher::answer_subscriptions(EventSocket& event_socket) {
  zmq::message_t message;
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
    const ConnectionId connection = connection_at(zmq_msg_get(message.handle(), ZMQ_SRCFD));
    if (bytes.front() != kBegins) {
      event_socket.subscriptions.ended(connection, topic);
      continue;
    }
    if (event_socket.subscriptions.began(connection, peer_of(message, event_socket.endpoint.transport), topic)) {
      disconnect_largest(event_socket);
    }
    if (is_sync_topic(topic)) {
      send(event_socket, topic,
           encode_notice({.epoch = journal_.epoch(), .seq = journal_.seq(), .host = {}, .time_ns = {}}));
    }
  }
  event_socket.pending = true;
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
