// A subscriber that follows the agent's events without missing one.
//
// Publish and subscribe alone loses events: while a subscription is made, when a subscriber is slow, when a connection
// breaks. So the agent numbers its events and keeps the recent ones, and a stream combines three sources, as
// PROTOCOL.md describes under "Never miss a change":
// - the subscription, which is confirmed by a sync message before anything else;
// - a snapshot of all segments, or a saved position, as the start;
// - the agent's replay, for the events of a gap. A gap shows in the seq of the next event, or in that of a heartbeat.
// The snapshot and the replay go through a Client.
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

#include "protocol/client/client.hpp"
#include "protocol/client/history.hpp"
#include "protocol/events.hpp"

namespace shmbus {

// A position in the events of an agent: directly after the event `seq` of `epoch`. A later run can continue from it.
struct StreamPosition {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;

  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

struct EventStreamOptions {
  // The address of the agent's events socket, see find_endpoint().
  Endpoint events;
  // Only the events of this key, and kMissed. Absent: all events.
  std::optional<Key> shm_key = {};
  // The longest time until the subscription is confirmed.
  std::chrono::milliseconds connect_timeout{3000};
  // A descriptor that stops open() and next() with kInterrupted once it is readable; -1: none. Not owned and not read.
  int interrupt_fd = -1;
  // Continue from this position. Absent: start with a snapshot.
  std::optional<StreamPosition> since = {};
  // As in ClientOptions.
  std::optional<CurveClient> curve = {};
  std::optional<std::uint32_t> agent_user = {};
};

// A break in the stream: the events between the last item and `snapshot` are lost for good. The next items follow the
// snapshot. `reason` is for people.
struct Resync {
  std::string reason;
  Snapshot snapshot;
};

using StreamItem = std::variant<StreamEvent, Resync>;

// A live subscription. It returns a snapshot and every event after it, or every event after a saved position. Events
// that were lost on the way are fetched again, which only recovered() shows. A Resync takes their place if the agent no
// longer keeps them or was restarted.
//
// Threads: not thread-safe; it runs in the thread of `client`. Ownership: it owns its socket. `client` is borrowed and
// must outlive the stream, which uses it only inside open() and next().
class EventStream {
 public:
  // Returns once the subscription is live and the snapshot, or every event since the position, has been fetched. If
  // events after the position are gone, the first item is a Resync. Errors: kNoAnswer if there is no confirmation in
  // time; those of take_snapshot() and replay(); kInterrupted; kPermissionDenied as of Client::call(); kBadRequest for
  // an address that ZeroMQ does not accept, and for a position that the agent has not reached yet.
  [[nodiscard]] static Result<std::unique_ptr<EventStream>> open(EventStreamOptions options, Client& client);

  // Returns the state before the first item. With `since` there is none: the caller has it from its earlier run.
  [[nodiscard]] const std::optional<Snapshot>& snapshot() const { return snapshot_; }

  // Waits for the next item and returns it. Events come by ascending seq, each once. There is one exception in a stream
  // of one key: a lost kMissed is found by the agent's next heartbeat, so it may come after events with a greater seq.
  // The wait goes on through a restart of the agent. Errors: kTimedOut at `deadline` (absent: it waits for ever),
  // kInterrupted, kPermissionDenied as of Client::call(), and any other error of the agent's replay. The stream can be
  // used after an error.
  [[nodiscard]] Result<StreamItem> next(std::optional<Clock::time_point> deadline);

  // Returns the position up to which next() has returned every event. A later stream with it as `since` continues
  // without a gap. A stream of one key may then return events since the last heartbeat again, because a kMissed may be
  // among them.
  [[nodiscard]] StreamPosition position() const;

  // Returns the number of events that were lost on the way and fetched again.
  [[nodiscard]] std::uint64_t recovered() const { return recovered_; }

 private:
  struct Message {
    std::string topic;
    std::string body;
  };

  EventStream(EventStreamOptions options, Client& client);

  Result<Notice> subscribe();
  Result<void> start(const Notice& live);
  Result<void> resume(const StreamPosition& since, const Notice& live);
  Result<Message> receive(std::optional<Clock::time_point> deadline);
  void start_from(const Snapshot& snapshot);

  Result<void> handle(const Message& message);
  Result<void> handle_event(StreamEvent event);
  Result<void> handle_notice(const Message& message);
  Result<void> recover(std::uint64_t up_to);
  Result<std::vector<StreamEvent>> fetch(std::uint64_t up_to);
  Result<void> resync(const std::string& reason);

  [[nodiscard]] bool follows(const Event& event, std::uint64_t known) const;
  [[nodiscard]] bool missed_stands_apart() const;
  [[nodiscard]] std::uint64_t complete_up_to() const;

  EventStreamOptions options_;
  Client& client_;
  AgentSocket socket_;
  std::optional<Snapshot> snapshot_;
  std::uint64_t epoch_ = 0;
  std::uint64_t position_ = 0;         // every event up to this seq is known
  std::uint64_t missed_position_ = 0;  // the same for kMissed in a stream of one key
  std::set<std::uint64_t> past_epochs_;
  std::deque<Message> early_;     // received before the subscription was confirmed
  std::deque<StreamItem> ready_;  // to be returned: events, or one Resync
  StreamPosition told_;           // after the last item that was returned
  std::uint64_t recovered_ = 0;
};

}  // namespace shmbus
