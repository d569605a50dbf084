// Follows the agent's events without missing one.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>
#include <zmq.hpp>

#include "protocol/client/client.hpp"
#include "protocol/events.hpp"

namespace shmbus {

struct EventStreamOptions {
  Endpoint events;
  std::optional<Key> shm_key;  // only this key's events, and `missed`
  std::chrono::milliseconds connect_timeout{3000};
  int interrupt_fd = -1;  // readable: give up with kInterrupted. Not owned
};

// The state of all segments (or of one key's) as of `seq`.
struct Snapshot {
  std::vector<SegmentStat> segments;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
};

// One event, decoded and as its bytes.
struct StreamEvent {
  Event event;
  std::string body;
};

// Events had been lost on the way and were fetched again: the next `count` items, of seq `from` to `to`.
struct Gap {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t count = 0;
};

// The events since the last one are gone for good: `snapshot` is the state now, and what follows comes after it.
struct Resync {
  std::string reason;
  Snapshot snapshot;
};

using StreamItem = std::variant<StreamEvent, Gap, Resync>;

// A live subscription, made by the recipe of PROTOCOL.md ("Never miss a change"). Not thread-safe; `client` must
// outlive it and is used by it alone.
class EventStream {
 public:
  // Returns when the subscription is live and the first state is known. Errors: kNoAnswer, kInterrupted, kBadRequest.
  [[nodiscard]] static Result<std::unique_ptr<EventStream>> open(EventStreamOptions options, Client& client);

  // The state that the first item comes after.
  [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }

  // The next item, in order, each event once. Waits through an agent's restart. Errors: kTimedOut at `deadline` (none:
  // waits for ever), kInterrupted, and what else the agent answers to a replay.
  [[nodiscard]] Result<StreamItem> next(std::optional<Clock::time_point> deadline);

 private:
  struct Message {
    std::string topic;
    std::string body;
  };

  EventStream(EventStreamOptions options, Client& client);

  Result<void> subscribe();
  Result<Message> receive(std::optional<Clock::time_point> deadline);
  Result<Snapshot> take_snapshot();
  void start_from(const Snapshot& snapshot);

  Result<void> handle(const Message& message);
  Result<void> handle_event(StreamEvent event);
  Result<void> handle_notice(const Message& message);
  Result<void> recover(std::uint64_t up_to);
  Result<void> resync(const std::string& reason);
  Result<std::vector<StreamEvent>> replay(std::optional<Key> key);
  [[nodiscard]] bool is_foreign_missed(const Event& event) const;

  EventStreamOptions options_;
  Client& client_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  Snapshot snapshot_;
  std::uint64_t epoch_ = 0;
  std::uint64_t position_ = 0;         // everything up to this seq has been told
  std::uint64_t missed_position_ = 0;  // the same for `missed` beside the events of a key
  std::set<std::uint64_t> past_epochs_;
  std::deque<Message> early_;     // came while the subscription was made
  std::deque<StreamItem> ready_;  // to be returned
};

}  // namespace shmbus
