#include "agent/event_publisher.hpp"

#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr int kSubscriptionsPerTurn = 1000;  // before requests get their turn

}  // namespace

EventPublisher::EventPublisher(zmq::context_t& context, const Limits& limits, EventJournal& journal)
    : journal_(journal), socket_(context, zmq::socket_type::xpub) {
  set_common_options(socket_, limits, limits.subscription_bytes);
  socket_.set(zmq::sockopt::sndhwm, high_water_mark(limits.event_queue));
  socket_.set(zmq::sockopt::xpub_verbose, true);  // a second subscription to a topic is told too
}

Result<std::vector<Binding>> EventPublisher::bind(const std::vector<std::string>& endpoints) {
  return bind_all(socket_, endpoints);
}

void EventPublisher::publish(Event event) {
  const std::string& body = journal_.append(event);
  send(topic_of(event), body);
}

void EventPublisher::notify(std::string_view topic) {
  send(topic,
       encode_notice(
           {.epoch = journal_.epoch(), .seq = journal_.seq(), .host = journal_.host(), .time_ns = unix_time_ns()}));
}

void EventPublisher::answer_subscriptions() {
  zmq::message_t message;
  for (int turn = 0; turn < kSubscriptionsPerTurn && socket_.recv(message, zmq::recv_flags::dontwait); ++turn) {
    const std::string_view bytes = message.to_string_view();
    if (!bytes.empty() && bytes.front() == '\x01' && is_sync_topic(bytes.substr(1))) {
      send(bytes.substr(1),
           encode_notice({.epoch = journal_.epoch(), .seq = journal_.seq(), .host = {}, .time_ns = {}}));
    }
  }
}

void EventPublisher::send(std::string_view topic, std::string_view body) {
  socket_.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket_.send(zmq::buffer(body), zmq::send_flags::dontwait);
}

}  // namespace shmbus::agent
