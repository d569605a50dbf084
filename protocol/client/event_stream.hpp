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

#include "protocol/client/client.hpp"
#include "protocol/client/history.hpp"
#include "protocol/events.hpp"

namespace shmbus {

// A place in an agent's events: after the one with this seq.
struct StreamPosition {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;

  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

struct EventStreamOptions {
  Endpoint events;
  std::optional<Key> shm_key = {};  // only this key's events, and `missed`
  std::chrono::milliseconds connect_timeout{3000};
  int interrupt_fd = -1;                     // readable: give up with kInterrupted. Not owned
  std::optional<StreamPosition> since = {};  // go on from there; else from now
  std::optional<CurveClient> curve = {};     // as in ClientOptions
  std::optional<std::uint32_t> agent_user = {};
};

// What came between the last item and `snapshot` is gone for good; what follows comes after it.
struct Resync {
  std::string reason;
  Snapshot snapshot;
};

using StreamItem = std::variant<StreamEvent, Resync>;

// A live subscription, made by the recipe of PROTOCOL.md ("Never miss a change"): a snapshot and every event after it,
// or every event after a position that was saved. Events that are lost on the way are fetched again, which shows in
// recovered() alone; where that is impossible (no longer kept, or the agent was restarted) a Resync stands for them.
// Not thread-safe; `client` must outlive it and is used by it alone.
class EventStream {
 public:
  // Returns when the subscription is live and the first state, or what follows `since`, is known. If what follows it
  // is gone, the first item is a Resync. Errors: kNoAnswer, kInterrupted; kPermissionDenied as Client::call() has it;
  // kBadRequest for an address that ZeroMQ does not take and for a position that the agent has not reached yet.
  [[nodiscard]] static Result<std::unique_ptr<EventStream>> open(EventStreamOptions options, Client& client);

  // The state that the first item comes after; none with `since`, where that is what the caller knows from before.
  [[nodiscard]] const std::optional<Snapshot>& snapshot() const { return snapshot_; }

  // The next item: events by ascending seq, each once. Among one key's events a lost `missed` shows with the agent's
  // next heartbeat only, so it alone may come after later ones. Waits through an agent's restart. Errors: kTimedOut at
  // `deadline` (none: waits for ever), kInterrupted, kPermissionDenied as Client::call() has it, and what else the
  // agent answers to a replay.
  [[nodiscard]] Result<StreamItem> next(std::optional<Clock::time_point> deadline);

  // Up to where next() has given everything. Given as `since` it leads on without a hole; of one key's events those
  // since the last heartbeat may then come again, for the same reason.
  [[nodiscard]] StreamPosition position() const;

  // How many events were lost on the way and fetched again.
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
  std::uint64_t missed_position_ = 0;  // the same for `missed` where it stands apart from the events of a key
  std::set<std::uint64_t> past_epochs_;
  std::deque<Message> early_;     // came while the subscription was made
  std::deque<StreamItem> ready_;  // to be returned: events, or one Resync
  StreamPosition told_;           // up to the last item returned
  std::uint64_t recovered_ = 0;
};

}  // namespace shmbus
