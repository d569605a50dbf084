// A dispatcher on a kernel, mostly the fake one, and a subscriber that reads what it publishes. One thread; time stands
// still until a test moves `now`.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "agent/requests/dispatcher.hpp"
#include "protocol/codec/events.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/support/fake_kernel.hpp"

namespace shmbus::agent {

inline constexpr std::uint64_t kEpoch = 5133;
inline constexpr Key kKey = 5679;
inline constexpr const char* kHost = "db1.london.example.net";
inline constexpr std::size_t kReplayBytes = std::size_t{64} << 10;

inline SegmentRef by_key(Key key) { return {.shm_key = key, .shm_shmid = {}}; }
inline SegmentRef by_id(ShmId shmid) { return {.shm_key = {}, .shm_shmid = shmid}; }
inline SegmentRef by_both(Key key, ShmId shmid) { return {.shm_key = key, .shm_shmid = shmid}; }

inline Request request_of(Operation operation) {
  return {.id = {}, .epoch = {}, .once = {}, .operation = std::move(operation)};
}

// The same with a `once`, always the same one.
inline Request once(Operation operation) {
  Request whole = request_of(std::move(operation));
  whole.once = "0123456789abcdef";
  return whole;
}

inline BatchItem item(Operation operation) { return {.id = {}, .request = request_of(std::move(operation))}; }

inline ReadRequest read_of(ShmId shmid) {
  ReadRequest request;
  request.segment = by_id(shmid);
  return request;
}

inline WriteRequest write_of(ShmId shmid, std::string_view data) {
  WriteRequest request;
  request.segment = by_id(shmid);
  request.data = data;
  return request;
}

inline std::vector<EventKind> kinds_of(const std::vector<Event>& events) {
  std::vector<EventKind> kinds;
  for (const Event& event : events) {
    kinds.push_back(event.kind);
  }
  return kinds;
}

template <class Kernel>
class AgentOn : public ::testing::Test {
 protected:
  AgentOn() {
    EXPECT_TRUE(publisher.bind({.address = "inproc://events"}, {}).ok());
    subscriber_.connect("inproc://events");
    subscriber_.set(zmq::sockopt::subscribe, "");
    publisher.answer_subscriptions(publisher.sockets().front());  // from here on nothing is lost
    facts.commands = {"ipc:///run/shmbus/commands.sock"};
    facts.events = {"ipc:///run/shmbus/events.sock"};
    facts.started = 1708474369;
    facts.detection = {"scan", "changes made by others are found by a periodic scan", 250};
  }

  std::string handle(const std::string& frame) {
    return bytes_of(
        dispatcher.handle(frame, {.admitted = {.caller = caller, .rate = rate}, .endpoint = "inproc://commands"}, now));
  }
  static std::string bytes_of(ReplyBuffer& reply) { return reply.message().to_string(); }

  // The decoded reply to one whole request.
  Reply send(const Request& whole) {
    const Result<Reply> reply = decode_reply(handle(encode_request(whole)), whole.operation);
    if (!reply) {
      ADD_FAILURE() << reply.error().message;
      return {};
    }
    return *reply;
  }
  Reply request(Operation operation) { return send(request_of(std::move(operation))); }

  // The result of an operation that is to succeed, the error of one that is to fail.
  template <class R>
  typename R::Result done(const R& operation) {
    Reply reply = request(operation);
    if (!reply.ok()) {
      ADD_FAILURE() << std::get<Error>(reply.outcome).message;
      return {};
    }
    return std::get<typename R::Result>(std::get<OperationResult>(std::move(reply.outcome)));
  }
  Error failure(Operation operation) { return error_in(request(std::move(operation))); }
  static Error error_in(const Reply& reply) {
    if (reply.ok()) {
      ADD_FAILURE() << "it succeeded";
      return {};
    }
    return std::get<Error>(reply.outcome);
  }

  ShmId create(Key key = kKey, std::uint64_t size = 100) {
    return done(CreateRequest{.shm_key = key, .shm_segsz = size}).shm_shmid;
  }

  BatchResult batch(std::vector<BatchItem> items, bool stop_on_error = true) {
    return done(BatchRequest{.requests = std::move(items), .stop_on_error = stop_on_error});
  }

  // What was published since the last call; each on its own topic.
  std::vector<Event> events() {
    std::vector<Event> events;
    zmq::message_t topic;
    zmq::message_t body;
    while (subscriber_.recv(topic, zmq::recv_flags::dontwait) && subscriber_.recv(body)) {
      const Result<Event> event = decode_event(body.to_string_view());
      if (!event) {
        ADD_FAILURE() << event.error().message;
        continue;
      }
      EXPECT_EQ(topic.to_string_view(), topic_of(*event));
      events.push_back(*event);
    }
    return events;
  }

  Kernel kernel;
  Limits limits;
  zmq::context_t context;
  EventLog journal{kHost, kEpoch, kReplayBytes};
  EventPublisher publisher{context, limits, journal};
  SegmentFeed feed{kernel, publisher};
  Attachments attachments{limits};
  AgentFacts facts;
  const SegmentLookup known = [this](ShmId shmid) { return feed.watcher().known(shmid); };
  Authorizer authorizer{AuthorizerFiles{}, attachments, known};
  Dispatcher dispatcher{kernel, feed, attachments, publisher, authorizer, facts, limits};
  Caller caller{.principal = "uid:1000", .uid = 1000, .gid = 1000, .pid = {}, .key_name = {}, .identity = {}};
  RateLimiter* rate = nullptr;  // that requests count in
  Clock::time_point now{std::chrono::hours(1)};

 private:
  zmq::socket_t subscriber_{context, zmq::socket_type::sub};
};

using AgentFixture = AgentOn<FakeKernel>;

}  // namespace shmbus::agent
