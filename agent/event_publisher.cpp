#include "agent/event_publisher.hpp"

#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr int kSubscriptionsPerTurn = 1000;  // of one socket, before requests get their turn

void send(zmq::socket_t& socket, std::string_view topic, std::string_view body) {
  socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket.send(zmq::buffer(body), zmq::send_flags::dontwait);
}

}  // namespace

EventPublisher::EventPublisher(zmq::context_t& context, const Limits& limits, EventJournal& journal)
    : context_(context), limits_(limits), journal_(journal) {}

Result<Binding> EventPublisher::bind(const Endpoint& endpoint, const SocketAccess& access) {
  zmq::socket_t& socket = sockets_.emplace_back(context_, zmq::socket_type::xpub);
  set_common_options(socket, limits_, limits_.subscription_bytes);
  socket.set(zmq::sockopt::sndhwm, high_water_mark(limits_.event_queue));
  socket.set(zmq::sockopt::xpub_verbose, true);  // a second subscription to a topic is told too
  return agent::bind(socket, endpoint, access);
}

void EventPublisher::publish(Event event) {
  const std::string& body = journal_.append(event);
  const std::string topic = topic_of(event);
  for (zmq::socket_t& socket : sockets_) {
    send(socket, topic, body);
  }
}

void EventPublisher::notify(std::string_view topic) {
  const std::string body = encode_notice(
      {.epoch = journal_.epoch(), .seq = journal_.seq(), .host = journal_.host(), .time_ns = unix_time_ns()});
  for (zmq::socket_t& socket : sockets_) {
    send(socket, topic, body);
  }
}

void EventPublisher::answer_subscriptions() {
  for (zmq::socket_t& socket : sockets_) {
    answer_subscriptions(socket);
  }
}

void EventPublisher::answer_subscriptions(zmq::socket_t& socket) {
  zmq::message_t message;
  for (int turn = 0; turn < kSubscriptionsPerTurn && socket.recv(message, zmq::recv_flags::dontwait); ++turn) {
    const std::string_view bytes = message.to_string_view();
    if (!bytes.empty() && bytes.front() == '\x01' && is_sync_topic(bytes.substr(1))) {
      send(socket, bytes.substr(1),
           encode_notice({.epoch = journal_.epoch(), .seq = journal_.seq(), .host = {}, .time_ns = {}}));
    }
  }
}

}  // namespace shmbus::agent
