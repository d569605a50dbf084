#include "protocol/client/event_stream.hpp"

#include <algorithm>

#include "protocol/codec/events.hpp"
#include "protocol/endpoint/random.hpp"
#include "protocol/limits.hpp"

namespace shmbus {
namespace {

constexpr int kReceiveQueueMessages = 100'000;
constexpr const char* kRestarted = "the agent was restarted";
constexpr ShmId kMissedShmId = 0;  // kMissed has key 0 and id 0

}  // namespace

EventStream::EventStream(EventStreamOptions options, Client& client)
    : options_(std::move(options)),
      client_(client),
      socket_({zmq::socket_type::sub, "events", options_.events.address, options_.curve, options_.agent_user,
               limits::kMaxEventBytes, kReceiveQueueMessages}) {}

Result<std::unique_ptr<EventStream>> EventStream::open(EventStreamOptions options, Client& client) {
  std::unique_ptr<EventStream> stream(new EventStream(std::move(options), client));  // the constructor is private
  const Result<Notice> live = stream->subscribe();
  if (!live) {
    return live.error();
  }
  if (Result<void> started = stream->start(*live); !started) {
    return std::move(started).error();
  }
  return stream;
}

Result<void> EventStream::start(const Notice& live) {
  if (options_.since) {
    return resume(*options_.since, live);
  }
  Result<Snapshot> snapshot = take_snapshot(client_, options_.shm_key);
  if (!snapshot) {
    return std::move(snapshot).error();
  }
  start_from(*snapshot);
  told_ = {epoch_, position_};
  snapshot_ = std::move(*snapshot);
  return {};
}

// Fetches only the events before the subscription was live: later ones arrive through it.
Result<void> EventStream::resume(const StreamPosition& since, const Notice& live) {
  told_ = since;
  epoch_ = since.epoch;
  position_ = missed_position_ = since.seq;
  if (live.epoch != epoch_) {
    return resync(kRestarted);
  }
  if (live.seq < since.seq) {
    return Error{ErrorCode::kBadRequest, "the position to resume from, " + std::to_string(since.seq) +
                                             ", is after the agent's last event, " + std::to_string(live.seq)};
  }
  Result<void> done = recover(live.seq);
  recovered_ = 0;  // none of them was lost on the way
  return done;
}

// The subscription is live once the answer to the sync subscription, which is made last, has arrived. That subscription
// stays, so that a later answer shows that the connection was renewed.
Result<Notice> EventStream::subscribe() {
  const std::string sync_topic = std::string(kSyncTopics) + random_hex(kSyncNonceDigits / 2);
  const Clock::time_point deadline = Clock::now() + options_.connect_timeout;
  if (Result<void> connected = socket_.connect(); !connected) {
    return std::move(connected).error();
  }
  zmq::socket_t& socket = socket_.socket();
  socket.set(zmq::sockopt::subscribe, options_.shm_key ? topics_of_key(*options_.shm_key) : kSegmentTopics);
  socket.set(zmq::sockopt::subscribe, kMissedTopic);
  socket.set(zmq::sockopt::subscribe, kAgentTopics);
  socket.set(zmq::sockopt::subscribe, sync_topic);
  for (;;) {
    Result<Message> message = receive(deadline);
    if (!message && message.error().code == ErrorCode::kTimedOut) {
      return Error{
          ErrorCode::kNoAnswer, "no answer from the agent at its events endpoint " + describe(options_.events),
          "check that shmbus-agent is running and that this user may connect to it; --events or SHMBUS_EVENTS names "
          "another endpoint; --connect-timeout allows more time" +
              socket_.key_hint()};
    }
    if (!message) {
      return std::move(message).error();
    }
    if (message->topic == sync_topic) {
      return decode_notice(message->body);
    }
    early_.push_back(std::move(*message));
  }
}

Result<EventStream::Message> EventStream::receive(std::optional<Clock::time_point> deadline) {
  const Result<std::optional<AgentSocket::Frames>> message = socket_.receive(deadline, options_.interrupt_fd);
  if (!message) {
    return message.error();
  }
  if (!*message) {
    return Error{ErrorCode::kTimedOut, "no event arrived in time"};
  }
  const auto& [topic, body] = **message;
  return Message{topic.to_string(), body.to_string()};
}

void EventStream::start_from(const Snapshot& snapshot) {
  if (epoch_ != 0 && snapshot.epoch != epoch_) {
    past_epochs_.insert(epoch_);
  }
  epoch_ = snapshot.epoch;
  position_ = snapshot.seq;
  missed_position_ = snapshot.seq;
}

Result<StreamItem> EventStream::next(std::optional<Clock::time_point> deadline) {
  while (ready_.empty()) {
    Result<Message> message = Message{};
    if (!early_.empty()) {
      message = std::move(early_.front());
      early_.pop_front();
    } else {
      message = receive(deadline);
    }
    if (!message) {
      return std::move(message).error();
    }
    // An agent that does not answer is being restarted. Its next message shows the same gap again.
    if (Result<void> done = handle(*message); !done && done.error().code != ErrorCode::kNoAnswer) {
      return std::move(done).error();
    }
  }
  StreamItem item = std::move(ready_.front());
  ready_.pop_front();
  if (const auto* event = std::get_if<StreamEvent>(&item)) {
    told_.seq = std::max(told_.seq, std::min(event->event.seq, complete_up_to()));
  } else {
    told_ = {epoch_, complete_up_to()};
  }
  return item;
}

StreamPosition EventStream::position() const {
  return ready_.empty() ? StreamPosition{epoch_, complete_up_to()} : told_;
}

Result<void> EventStream::handle(const Message& message) {
  if (!message.topic.starts_with(kSegmentTopics)) {
    return handle_notice(message);
  }
  Result<Event> event = decode_event(message.body);
  if (!event) {
    return std::move(event).error();
  }
  return handle_event({std::move(*event), message.body});
}

Result<void> EventStream::handle_event(StreamEvent event) {
  const Event& e = event.event;
  if (past_epochs_.contains(e.epoch)) {
    return {};
  }
  if (e.epoch != epoch_) {
    return resync(kRestarted);
  }
  std::uint64_t& known = e.kind == EventKind::kMissed && missed_stands_apart() ? missed_position_ : position_;
  if (e.seq > known && !follows(e, known)) {
    if (Result<void> recovered = recover(e.seq - 1); !recovered) {
      return recovered;
    }
  }
  if (e.epoch == epoch_ && e.seq > known) {  // else the snapshot of a resync has it
    known = e.seq;
    ready_.emplace_back(std::move(event));
  }
  return {};
}

// A notice has the seq of the agent's last event. Events up to it that did not arrive are fetched.
Result<void> EventStream::handle_notice(const Message& message) {
  const Result<Notice> notice = decode_notice(message.body);
  if (!notice) {
    return notice.error();
  }
  if (past_epochs_.contains(notice->epoch) || message.topic == kStoppingTopic) {
    return {};  // a stopped agent answers no replay; the epoch of the next one causes a resync
  }
  if (notice->epoch != epoch_) {
    return resync(kRestarted);
  }
  return recover(notice->seq);
}

// Fetches the events up to `up_to` that are not known. Later ones are still on their way.
Result<void> EventStream::recover(std::uint64_t up_to) {
  Result<std::vector<StreamEvent>> events = fetch(up_to);
  if (!events) {
    switch (events.error().code) {
      case ErrorCode::kCompacted:
        return resync("events were lost that the agent no longer keeps");
      case ErrorCode::kEpochChanged:
        return resync(kRestarted);
      default:
        return std::move(events).error();
    }
  }
  position_ = std::max(position_, up_to);
  missed_position_ = std::max(missed_position_, up_to);
  recovered_ += events->size();
  std::move(events->begin(), events->end(), std::back_inserter(ready_));
  return {};
}

// Returns the events up to `up_to` that are not known yet, by ascending seq.
Result<std::vector<StreamEvent>> EventStream::fetch(std::uint64_t up_to) {
  Result<std::vector<StreamEvent>> events = replay(client_, {epoch_, position_, up_to, options_.shm_key, {}});
  if (!events || !missed_stands_apart()) {
    return events;
  }
  Result<std::vector<StreamEvent>> others =
      replay(client_, {epoch_, missed_position_, up_to, kPrivateKey, kMissedShmId});
  if (!others) {
    return others;
  }
  std::copy_if(std::move_iterator(others->begin()), std::move_iterator(others->end()), std::back_inserter(*events),
               [](const StreamEvent& other) { return other.event.kind == EventKind::kMissed; });
  std::sort(events->begin(), events->end(),
            [](const StreamEvent& a, const StreamEvent& b) { return a.event.seq < b.event.seq; });
  return events;
}

Result<void> EventStream::resync(const std::string& reason) {
  Result<Snapshot> snapshot = take_snapshot(client_, options_.shm_key);
  if (!snapshot) {
    return std::move(snapshot).error();
  }
  start_from(*snapshot);
  ready_.emplace_back(Resync{reason, std::move(*snapshot)});
  return {};
}

// Returns whether no event is missing before `event`. In a stream of one key `prev` shows that; if `prev` is 0, the
// previous event does not exist or is no longer kept, and only the agent knows which.
bool EventStream::follows(const Event& event, std::uint64_t known) const {
  return event.seq == known + 1 || (options_.shm_key && event.prev != 0 && event.prev <= known);
}

// kMissed has key 0, so it is not in the chain of `prev` of any other key.
bool EventStream::missed_stands_apart() const { return options_.shm_key && *options_.shm_key != kPrivateKey; }

std::uint64_t EventStream::complete_up_to() const {
  return missed_stands_apart() ? std::min(position_, missed_position_) : position_;
}

}  // namespace shmbus
