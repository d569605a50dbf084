// A log that numbers the events of one run of the agent and keeps the last ones in memory, for replay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/events/event_ring.hpp"
#include "protocol/commands.hpp"
#include "protocol/events.hpp"

namespace shmbus::agent {

// Numbers start at 1 and have no holes, and each event names the previous one of the same key, so a subscriber can see
// that it missed some. They are meaningful together with the epoch, a number that each run of the agent chooses anew.
// Single-threaded.
class EventLog {
 public:
  // `most_bytes` bounds the events that are kept, as they are encoded on the wire; their index comes on top. `host` is
  // the name that events carry.
  EventLog(std::string host, std::uint64_t epoch, std::size_t most_bytes);

  // Completes `event` (epoch, seq, prev, time, host), keeps it and returns its encoding, which is valid until the next
  // call. Throws std::bad_alloc; then call skip().
  std::string_view append(Event& event);

  // Uses up the number of an event for which there was no memory, and drops the events before it. Subscribers see the
  // gap, and a replay across it is kCompacted.
  void skip();

  // Returns copies of the kept events that `request` selects, the oldest first, in `most_bytes` at most; `more` is set
  // if others are left. Errors: kBadRequest for a `since` after the last event; kCompacted if the event after `since`
  // is no longer kept.
  [[nodiscard]] Result<EventsResult> replay(const EventsRequest& request, std::size_t most_bytes) const;

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t seq() const { return seq_; }  // of the last event; 0 before the first
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  std::string host_;
  const std::uint64_t epoch_;
  std::uint64_t seq_ = 0;
  EventRing ring_;
  std::string encoded_;                                 // the last event; a member, so that its memory is reused
  std::unordered_map<Key, std::uint64_t> last_of_key_;  // seq, if that event is still kept
};

// Returns the time of day in nanoseconds since 1970-01-01 UTC. It may jump when the clock is set.
[[nodiscard]] std::int64_t unix_time_ns();

}  // namespace shmbus::agent
