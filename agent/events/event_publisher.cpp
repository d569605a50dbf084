#include "agent/events/event_publisher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "agent/access/caller.hpp"
#include "agent/transport/connection_limiter.hpp"
#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr int kSubscriptionsPerTurn = 1000;  // of one socket, before requests get their turn
constexpr char kBegins = '\1';               // before the topic, if the subscription does not end

void send(EventPublisher::Outlet& outlet, std::string_view topic, std::string_view body) {
  outlet.socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  outlet.socket.send(zmq::buffer(body), zmq::send_flags::dontwait);
  outlet.unread = true;
}

void cut_off_largest(const EventPublisher::Outlet& outlet) {
  const auto [principal, connections] = outlet.subscriptions.largest();
  spdlog::warn("cut off {}, with most of too many subscriptions at {}", principal.empty() ? kAnonymous : principal,
               outlet.endpoint.address);
  for (const ConnectionId& connection : connections) {
    ConnectionGate::instance().cut(connection);
  }
}

}  // namespace

EventPublisher::EventPublisher(zmq::context_t& context, const Limits& limits, EventJournal& journal)
    : context_(context), limits_(limits), journal_(journal) {}

Result<Binding> EventPublisher::bind(const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed) {
  outlets_.push_back(
      {endpoint, zmq::socket_t(context_, zmq::socket_type::xpub), Subscriptions(limits_.subscription_bytes)});
  zmq::socket_t& socket = outlets_.back().socket;
  set_common_options(socket, limits_, limits_.subscription_message_bytes);
  socket.set(zmq::sockopt::sndhwm, high_water_mark(limits_.event_queue));
  socket.set(zmq::sockopt::xpub_verboser, true);  // each subscription is told, and each end of one
  return agent::bind(socket, endpoint, access, std::move(passed));
}

void EventPublisher::publish(Event&& event) {
  const std::string_view body = journal_.append(event);
  const bool somebody_subscribes =
      std::any_of(outlets_.begin(), outlets_.end(), [](const Outlet& outlet) { return !outlet.subscriptions.empty(); });
  if (somebody_subscribes) {
    write_topic(event, topic_);
    send_to_all(topic_, body);
  }
}

void EventPublisher::notify(std::string_view topic) {
  const std::string body = encode_notice(
      {.epoch = journal_.epoch(), .seq = journal_.seq(), .host = journal_.host(), .time_ns = unix_time_ns()});
  send_to_all(topic, body);
  for (Outlet& outlet : outlets_) {
    outlet.subscriptions.forget_closed();
  }
}

// Where nobody subscribes to anything libzmq would drop it, at some cost.
void EventPublisher::send_to_all(std::string_view topic, std::string_view body) {
  for (Outlet& outlet : outlets_) {
    if (!outlet.subscriptions.empty()) {
      send(outlet, topic, body);
    }
  }
}

void EventPublisher::answer_subscriptions(Outlet& outlet) {
  zmq::message_t message;
  for (int turn = 0; turn < kSubscriptionsPerTurn; ++turn) {
    if (!outlet.socket.recv(message, zmq::recv_flags::dontwait)) {
      outlet.unread = false;
      return;
    }
    const std::string_view bytes = message.to_string_view();
    if (bytes.empty()) {
      continue;
    }
    const std::string_view topic = bytes.substr(1);
    const ConnectionId connection = connection_at(zmq_msg_get(message.handle(), ZMQ_SRCFD));
    if (bytes.front() != kBegins) {
      outlet.subscriptions.ended(connection, topic);
      continue;
    }
    if (outlet.subscriptions.began(connection, peer_of(message, outlet.endpoint.transport), topic)) {
      cut_off_largest(outlet);
    }
    if (is_sync_topic(topic)) {
      send(outlet, topic, encode_notice({.epoch = journal_.epoch(), .seq = journal_.seq(), .host = {}, .time_ns = {}}));
    }
  }
  outlet.unread = true;
}

void EventPublisher::cut_off_keys() {
  for (Outlet& outlet : outlets_) {
    if (outlet.endpoint.transport == Transport::kCurve) {
      cut_off(outlet);
    }
  }
}

void EventPublisher::cut_off(Outlet& outlet) {
  const bool is_cut_off =
      std::any_of(cut_off_.begin(), cut_off_.end(), [&](const auto& entry) { return entry.first == &outlet; });
  if (!is_cut_off) {
    const std::string address = outlet.socket.get(zmq::sockopt::last_endpoint);
    outlet.socket.unbind(address);
    outlet.unread = true;
    cut_off_.emplace_back(&outlet, address);
  }
}

void EventPublisher::bind_again() {
  std::erase_if(cut_off_, [](const auto& entry) {
    try {
      entry.first->unread = true;
      entry.first->socket.bind(entry.second);
      return true;
    } catch (const zmq::error_t&) {  // the old listener is closed by another thread
      return false;
    }
  });
}

}  // namespace shmbus::agent
