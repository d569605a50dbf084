#include "tests/support/agent_fixture.hpp"

namespace shmbus::agent {

SegmentRef by_key(Key key) { return {.shm_key = key, .shm_shmid = {}}; }
SegmentRef by_id(ShmId shmid) { return {.shm_key = {}, .shm_shmid = shmid}; }
SegmentRef by_both(Key key, ShmId shmid) { return {.shm_key = key, .shm_shmid = shmid}; }

Request request_of(Operation operation) {
  return {.id = {}, .epoch = {}, .once = {}, .operation = std::move(operation)};
}

Request once(Operation operation) {
  Request whole = request_of(std::move(operation));
  whole.once = "0123456789abcdef";
  return whole;
}

BatchItem item(Operation operation) { return {.id = {}, .request = request_of(std::move(operation))}; }

ReadRequest read_of(ShmId shmid) {
  ReadRequest request;
  request.segment = by_id(shmid);
  return request;
}

WriteRequest write_of(ShmId shmid, std::string_view data) {
  WriteRequest request;
  request.segment = by_id(shmid);
  request.data = data;
  return request;
}

std::vector<EventKind> kinds_of(const std::vector<Event>& events) {
  std::vector<EventKind> kinds;
  for (const Event& event : events) {
    kinds.push_back(event.kind);
  }
  return kinds;
}

AgentFixture::AgentFixture() {
  EXPECT_TRUE(publisher.bind({.address = "inproc://events"}, {}).ok());
  subscriber_.connect("inproc://events");
  subscriber_.set(zmq::sockopt::subscribe, "");
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());  // the subscription is live from here on
  facts.commands = {"ipc:///run/shmbus/commands.sock"};
  facts.events = {"ipc:///run/shmbus/events.sock"};
  facts.started = 1708474369;
  facts.detection = {"scan", "changes made by others are found by a periodic scan", 250};
}

AgentFixture::~AgentFixture() = default;

std::string AgentFixture::handle(const std::string& frame) { return handle(dispatcher, frame, "inproc://commands"); }

std::string AgentFixture::handle(Dispatcher& by, const std::string& frame, std::string_view endpoint) {
  const Sender sender{.admitted = {.caller = caller, .rate = rate}, .endpoint = endpoint};
  std::unique_ptr<StartedBatch> batch;
  ReplyBuffer* reply = by.handle(frame, sender, now, batch);
  while (reply == nullptr) {
    reply = by.go_on(*batch, endpoint, now);
  }
  return bytes_of(*reply);
}

Reply AgentFixture::send(const Request& whole) {
  const Result<Reply> reply = decode_reply(handle(encode_request(whole)), whole.operation);
  if (!reply) {
    ADD_FAILURE() << reply.error().message;
    return {};
  }
  return *reply;
}

Reply AgentFixture::request(Operation operation) { return send(request_of(std::move(operation))); }

OperationResult AgentFixture::done_any(Operation operation) {
  Reply reply = request(std::move(operation));
  if (!reply.ok()) {
    ADD_FAILURE() << std::get<Error>(reply.outcome).message;
    return {};
  }
  return std::get<OperationResult>(std::move(reply.outcome));
}

Error AgentFixture::failure(Operation operation) { return error_in(request(std::move(operation))); }

Error AgentFixture::error_in(const Reply& reply) {
  if (reply.ok()) {
    ADD_FAILURE() << "it succeeded";
    return {};
  }
  return std::get<Error>(reply.outcome);
}

ShmId AgentFixture::create(Key key, std::uint64_t size) {
  return done(CreateRequest{.shm_key = key, .shm_segsz = size}).shm_shmid;
}

BatchResult AgentFixture::batch(std::vector<BatchItem> items, bool stop_on_error) {
  return done(BatchRequest{.requests = std::move(items), .stop_on_error = stop_on_error});
}

std::vector<Event> AgentFixture::events() {
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

}  // namespace shmbus::agent
