#include "agent/event_publisher.hpp"

#include <algorithm>

#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr int kSubscriptionsPerTurn = 1000;  // of one socket, before requests get their turn

void send(EventPublisher::Outlet& outlet, std::string_view topic, std::string_view body) {
  outlet.socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  outlet.socket.send(zmq::buffer(body), zmq::send_flags::dontwait);
  outlet.unread = true;
}

}  // namespace

EventPublisher::EventPublisher(zmq::context_t& context, const Limits& limits, EventJournal& journal)
    : context_(context), limits_(limits), journal_(journal) {}

Result<Binding> EventPublisher::bind(const Endpoint& endpoint, const SocketAccess& access) {
  outlets_.push_back({endpoint, zmq::socket_t(context_, zmq::socket_type::xpub)});
  zmq::socket_t& socket = outlets_.back().socket;
  set_common_options(socket, limits_, limits_.subscription_bytes);
  socket.set(zmq::sockopt::sndhwm, high_water_mark(limits_.event_queue));
  socket.set(zmq::sockopt::xpub_verbose, true);  // a second subscription to a topic is told too
  return agent::bind(socket, endpoint, access);
}

void EventPublisher::publish(Event event) {
  const std::string_view body = journal_.append(event);
  write_topic(event, topic_);
  for (Outlet& outlet : outlets_) {
    send(outlet, topic_, body);
  }
}

void EventPublisher::notify(std::string_view topic) {
  const std::string body = encode_notice(
      {.epoch = journal_.epoch(), .seq = journal_.seq(), .host = journal_.host(), .time_ns = unix_time_ns()});
  for (Outlet& outlet : outlets_) {
    send(outlet, topic, body);
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
    if (!bytes.empty() && bytes.front() == '\x01' && is_sync_topic(bytes.substr(1))) {
      send(outlet, bytes.substr(1),
           encode_notice({.epoch = journal_.epoch(), .seq = journal_.seq(), .host = {}, .time_ns = {}}));
    }
  }
  outlet.unread = true;
}

void EventPublisher::cut_off_keys() {
  for (Outlet& outlet : outlets_) {
    const bool is_cut_off =
        std::any_of(cut_off_.begin(), cut_off_.end(), [&](const auto& entry) { return entry.first == &outlet; });
    if (outlet.endpoint.transport == Transport::kCurve && !is_cut_off) {
      const std::string address = outlet.socket.get(zmq::sockopt::last_endpoint);
      outlet.socket.unbind(address);
      outlet.unread = true;
      cut_off_.emplace_back(&outlet, address);
    }
  }
}

bool EventPublisher::bind_again() {
  std::erase_if(cut_off_, [](const auto& entry) {
    try {
      entry.first->unread = true;
      entry.first->socket.bind(entry.second);
      return true;
    } catch (const zmq::error_t&) {  // the old listener is closed by another thread
      return false;
    }
  });
  return cut_off_.empty();
}

}  // namespace shmbus::agent
