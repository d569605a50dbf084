#include "protocol/client/event_stream.hpp"

#include <algorithm>

#include "protocol/codec/events.hpp"
#include "protocol/limits.hpp"

namespace shmbus {
namespace {

constexpr int kReceiveQueueMessages = 100'000;

}  // namespace

EventStream::EventStream(EventStreamOptions options, Client& client)
    : options_(std::move(options)), client_(client), socket_(context_, zmq::socket_type::sub) {}

Result<std::unique_ptr<EventStream>> EventStream::open(EventStreamOptions options, Client& client) {
  std::unique_ptr<EventStream> stream(new EventStream(std::move(options), client));  // the constructor is private
  if (Result<void> live = stream->subscribe(); !live) {
    return std::move(live).error();
  }
  Result<Snapshot> snapshot = stream->take_snapshot();
  if (!snapshot) {
    return std::move(snapshot).error();
  }
  stream->start_from(*snapshot);
  stream->snapshot_ = std::move(*snapshot);
  return stream;
}

// Live means: the answer to the sync subscription, which was made last, has come. It stays, so that a later answer
// tells of a renewed connection.
Result<void> EventStream::subscribe() {
  const std::string sync_topic = std::string(kSyncTopics) + random_hex(kSyncNonceDigits / 2);
  const Clock::time_point deadline = Clock::now() + options_.connect_timeout;
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvhwm, kReceiveQueueMessages);
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(limits::kMaxEventBytes));
  if (Result<void> connected = connect_to(socket_, options_.events.address, "events"); !connected) {
    return connected;
  }
  socket_.set(zmq::sockopt::subscribe, options_.shm_key ? topics_of_key(*options_.shm_key) : kSegmentTopics);
  socket_.set(zmq::sockopt::subscribe, kMissedTopic);
  socket_.set(zmq::sockopt::subscribe, kAgentTopics);
  socket_.set(zmq::sockopt::subscribe, sync_topic);
  for (;;) {
    Result<Message> message = receive(deadline);
    if (!message && message.error().code == ErrorCode::kTimedOut) {
      return Error{ErrorCode::kNoAnswer, "no answer from the agent at its events endpoint " + describe(options_.events),
                   "check that shmbus-agent runs and that this user may connect to it; --events or SHMBUS_EVENTS names "
                   "another endpoint, --connect-timeout allows more time"};
    }
    if (!message) {
      return std::move(message).error();
    }
    if (message->topic == sync_topic) {
      return {};
    }
    early_.push_back(std::move(*message));
  }
}

Result<EventStream::Message> EventStream::receive(std::optional<Clock::time_point> deadline) {
  for (;;) {
    switch (wait_for_message(socket_, options_.interrupt_fd, deadline)) {
      case Woken::kInterrupt:
        return Error{ErrorCode::kInterrupted, "interrupted"};
      case Woken::kDeadline:
        return Error{ErrorCode::kTimedOut, "no event in time"};
      case Woken::kMessage:
        break;
    }
    std::optional<std::vector<std::string>> frames = receive_message(socket_);
    if (frames && frames->size() == 2) {
      return Message{std::move(frames->front()), std::move(frames->back())};
    }
  }
}

// All pages of `list`; the first page's seq counts, since what changed after it comes as events.
Result<Snapshot> EventStream::take_snapshot() {
  std::optional<Snapshot> snapshot;
  ListRequest list{.shm_key = options_.shm_key, .uid = {}, .after = {}, .limit = limits::kMaxPage};
  for (bool more = true; more;) {
    Result<Reply> reply = client_.call(Request{{}, {}, {}, list});
    if (!reply) {
      return std::move(reply).error();
    }
    if (!reply->ok()) {
      return std::get<Error>(std::move(reply->outcome));
    }
    if (!snapshot || snapshot->epoch != reply->epoch) {
      const bool is_first_page = !list.after;
      snapshot = Snapshot{{}, reply->epoch.value_or(0), reply->seq.value_or(0)};
      if (!is_first_page) {  // another agent answered in between: its seq starts anew
        list.after.reset();
        snapshot.reset();
        continue;
      }
    }
    auto& page = std::get<ListResult>(std::get<OperationResult>(reply->outcome));
    snapshot->segments.insert(snapshot->segments.end(), page.segments.begin(), page.segments.end());
    more = page.more && !page.segments.empty();
    if (more) {
      list.after = page.segments.back().shm_shmid;
    }
  }
  return *std::move(snapshot);
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
    // An agent that does not answer now is being restarted: its next message shows again what is missing.
    if (Result<void> done = handle(*message); !done && done.error().code != ErrorCode::kNoAnswer) {
      return std::move(done).error();
    }
  }
  StreamItem item = std::move(ready_.front());
  ready_.pop_front();
  return item;
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
    return resync("the agent was restarted");
  }
  if (is_foreign_missed(e)) {
    if (e.seq > missed_position_) {
      missed_position_ = e.seq;
      ready_.emplace_back(std::move(event));
    }
    return {};
  }
  if (e.seq <= position_) {
    return {};
  }
  const bool in_order = options_.shm_key ? e.prev <= position_ : e.seq == position_ + 1;
  if (!in_order) {
    return recover(e.seq);
  }
  position_ = e.seq;
  ready_.emplace_back(std::move(event));
  return {};
}

// A notice tells how far the agent is: what it published before and did not arrive is fetched.
Result<void> EventStream::handle_notice(const Message& message) {
  const Result<Notice> notice = decode_notice(message.body);
  if (!notice) {
    return notice.error();
  }
  if (past_epochs_.contains(notice->epoch) || message.topic == kStoppingTopic) {
    return {};  // who has stopped can't be asked; the next agent's epoch leads to a new state
  }
  if (notice->epoch != epoch_) {
    return resync("the agent was restarted");
  }
  return notice->seq > position_ ? recover(notice->seq) : Result<void>();
}

Result<void> EventStream::recover(std::uint64_t up_to) {
  Result<std::vector<StreamEvent>> events = replay(options_.shm_key);
  if (events && options_.shm_key && *options_.shm_key != kPrivateKey) {
    Result<std::vector<StreamEvent>> others = replay(kPrivateKey);
    if (!others) {
      events = std::move(others);
    } else {
      std::copy_if(others->begin(), others->end(), std::back_inserter(*events), [this](const StreamEvent& other) {
        return is_foreign_missed(other.event) && other.event.seq > missed_position_;
      });
      std::sort(events->begin(), events->end(),
                [](const StreamEvent& a, const StreamEvent& b) { return a.event.seq < b.event.seq; });
    }
  }
  if (!events) {
    switch (events.error().code) {
      case ErrorCode::kCompacted:
        return resync("events were lost that the agent no longer keeps");
      case ErrorCode::kEpochChanged:
        return resync("the agent was restarted");
      default:
        return std::move(events).error();
    }
  }
  position_ = std::max(position_, up_to);
  if (events->empty()) {
    return {};
  }
  const std::uint64_t last = events->back().event.seq;
  ready_.emplace_back(Gap{events->front().event.seq, last, events->size()});
  for (StreamEvent& event : *events) {
    if (is_foreign_missed(event.event)) {
      missed_position_ = event.event.seq;
    } else {
      position_ = std::max(position_, event.event.seq);
    }
    ready_.emplace_back(std::move(event));
  }
  return {};
}

Result<std::vector<StreamEvent>> EventStream::replay(std::optional<Key> key) {
  std::vector<StreamEvent> events;
  EventsRequest request{.since = position_, .shm_key = key, .shm_shmid = {}, .limit = limits::kMaxPage};
  for (bool more = true; more;) {
    Result<Reply> reply = client_.call(Request{{}, epoch_, {}, request});
    if (!reply) {
      return std::move(reply).error();
    }
    if (!reply->ok()) {
      return std::get<Error>(std::move(reply->outcome));
    }
    auto& page = std::get<EventsResult>(std::get<OperationResult>(reply->outcome));
    for (std::string& body : page.events) {
      Result<Event> event = decode_event(body);
      if (!event) {
        return std::move(event).error();
      }
      request.since = event->seq;
      events.push_back({std::move(*event), std::move(body)});
    }
    more = page.more && !page.events.empty();
  }
  return events;
}

Result<void> EventStream::resync(const std::string& reason) {
  Result<Snapshot> snapshot = take_snapshot();
  if (!snapshot) {
    return std::move(snapshot).error();
  }
  start_from(*snapshot);
  ready_.emplace_back(Resync{reason, std::move(*snapshot)});
  return {};
}

// `missed` stands under key 0, so it is outside the chain of `prev` of any other key.
bool EventStream::is_foreign_missed(const Event& event) const {
  return event.kind == EventKind::kMissed && options_.shm_key && *options_.shm_key != kPrivateKey;
}

}  // namespace shmbus
