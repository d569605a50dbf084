// A scripted agent with a history: each event is kept for replay, and reaches the stream only if it is published too.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocol/client/event_stream.hpp"
#include "protocol/codec/events.hpp"
#include "tests/support/scripted_agent.hpp"

namespace shmbus {

class EventStreamFixture : public testing::Test {
 protected:
  static constexpr std::uint64_t kSeq = 10;  // of the agent when the stream is opened
  static constexpr Key kKey = 5679;
  static constexpr Key kOther = 7;

  EventStreamFixture() { agent.answer_sync_with(kEpoch, kSeq); }

  void open(std::optional<Key> key = {}) { open(key, client); }
  void open(std::optional<Key> key, Client& asking) { keep(try_to_open(key, asking)); }
  void resume(StreamPosition since, std::optional<Key> key = {}) { keep(try_to_open(key, client, since)); }
  Result<std::unique_ptr<EventStream>> try_to_open(std::optional<Key> key, Client& asking,
                                                   std::optional<StreamPosition> since = {}) {
    return EventStream::open({.events = agent.events(),
                              .shm_key = key,
                              .connect_timeout = kPatience,
                              .interrupt_fd = interrupt.fd(),
                              .since = since},
                             asking);
  }

  static Event event(std::uint64_t seq, Key key = kKey, std::uint64_t prev = 0, std::uint64_t epoch = kEpoch) {
    Event made;
    made.kind = EventKind::kWritten;
    made.epoch = epoch;
    made.seq = seq;
    made.prev = prev;
    made.shm_key = key;
    return made;
  }
  static Event missed(std::uint64_t seq) {
    Event made = event(seq, kPrivateKey);
    made.kind = EventKind::kMissed;
    return made;
  }

  void happen(const Event& event) {
    agent.do_in_thread([&] {
      kept_.push_back(event);
      seq_ = event.seq;
    });
  }
  void tell(const Event& event) { agent.publish(topic_of(event), encode_event(event)); }
  void happen_and_tell(const Event& event) {
    happen(event);
    tell(event);
  }
  void notify(std::string_view topic, std::uint64_t seq, std::uint64_t epoch = kEpoch) {
    agent.publish(topic, encode_notice({.epoch = epoch, .seq = seq, .host = "db1", .time_ns = 1}));
  }

  // The state of the world from now on, without events that lead to it.
  void restart(std::uint64_t epoch, std::uint64_t seq) {
    agent.do_in_thread([&] {
      epoch_ = epoch;
      seq_ = seq;
      kept_.clear();
    });
  }
  // What happened so far is no longer kept.
  void forget_events() {
    agent.do_in_thread([this] {
      kept_.clear();
      forgotten_ = seq_;
    });
  }
  // What the agent says of itself when somebody subscribes.
  void be_at(std::uint64_t seq, std::uint64_t epoch = kEpoch) { agent.answer_sync_with(epoch, seq); }
  void add_segment(ShmId shmid) {
    agent.do_in_thread([&] { segments_.push_back({.shm_key = kKey, .shm_shmid = shmid}); });
  }

  // The next item as one line: "event 11", "missed 12", "resync 5134/2".
  std::string next() {
    const Result<StreamItem> item = stream->next(Clock::now() + kPatience);
    return item ? line_of(*item) : std::string(name_of(item.error().code));
  }
  static std::string line_of(const StreamItem& item) {
    if (const auto* told = std::get_if<StreamEvent>(&item)) {
      return std::string(told->event.kind == EventKind::kMissed ? "missed " : "event ") +
             std::to_string(told->event.seq);
    }
    const Snapshot& snapshot = std::get<Resync>(item).snapshot;
    return "resync " + std::to_string(snapshot.epoch) + "/" + std::to_string(snapshot.seq);
  }

  // The requests for events that came so far.
  std::vector<Request> replays() {
    std::vector<Request> found;
    for (const std::string& frame : agent.requests()) {
      const DecodedRequest decoded = decode_request(frame);
      if (asked<EventsRequest>(decoded) != nullptr) {
        found.push_back(std::get<Request>(decoded.request));
      }
    }
    return found;
  }

  std::vector<std::string> answer(const DecodedRequest& request, int /*nth*/) const {
    const auto reply = [&](std::variant<OperationResult, Error> outcome) {
      return std::vector<std::string>{reply_to(request, std::move(outcome), epoch_, seq_)};
    };
    if (asked<ListRequest>(request) != nullptr) {
      return reply(ListResult{.segments = segments_});
    }
    const EventsRequest* const replay = asked<EventsRequest>(request);
    if (replay == nullptr) {
      return reply(PingResult{});
    }
    if (std::get<Request>(request.request).epoch != epoch_) {
      return reply(Error{ErrorCode::kEpochChanged, "another life"});
    }
    if (replay->since < forgotten_) {
      return reply(Error{ErrorCode::kCompacted, "no longer kept"});
    }
    EventsResult result;
    for (const Event& event : kept_) {
      if (event.seq <= replay->since || (replay->shm_key && event.shm_key != *replay->shm_key) ||
          (replay->shm_shmid && event.shm_shmid != *replay->shm_shmid)) {
        continue;
      }
      if (result.events.size() == std::min<std::uint64_t>(page_, replay->limit)) {
        result.more = true;
        break;
      }
      result.events.push_back(encode_event(event));
    }
    return reply(result);
  }

  EventFlag interrupt;

 private:
  void keep(Result<std::unique_ptr<EventStream>> opened) {
    if (!opened) {
      throw std::runtime_error(opened.error().message);
    }
    stream = *std::move(opened);
  }

  // Of the agent's thread.
  std::uint64_t epoch_ = kEpoch;
  std::uint64_t seq_ = kSeq;
  std::vector<SegmentStat> segments_;
  std::vector<Event> kept_;
  std::uint64_t forgotten_ = 0;  // up to this seq
  const std::size_t page_ = 2;

 protected:
  ScriptedAgent agent{[this](const DecodedRequest& request, int nth) { return answer(request, nth); }};
  Client client{*Client::open({agent.commands(), kPatience, interrupt.fd()})};
  std::unique_ptr<EventStream> stream;
};

}  // namespace shmbus
