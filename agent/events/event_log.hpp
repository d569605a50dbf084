// Numbers the events of this agent's life and keeps the last ones for replay, in at most so many bytes. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/events/event_ring.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

class EventLog {
 public:
  // `epoch` names this life; `most_bytes` bounds the events kept, as they are on the wire; their
  // bookkeeping comes on top.
  EventLog(std::string host, std::uint64_t epoch, std::size_t most_bytes);

  // Completes `event` (epoch, seq, prev, time), keeps it with the host's name, and returns its bytes, valid until the
  // next call. Throws std::bad_alloc, and then the number is not used.
  std::string_view append(Event& event);

  // The kept events that `request` asks for, in at most `most_bytes`. Errors: kBadRequest for a seq of the future,
  // kCompacted if the event after `since` is no longer kept.
  [[nodiscard]] Result<EventsResult> replay(const EventsRequest& request, std::size_t most_bytes) const;

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  std::string host_;
  const std::uint64_t epoch_;
  std::uint64_t seq_ = 0;
  EventRing ring_;
  std::string encoded_;                                 // the newest event; keeps its memory
  std::unordered_map<Key, std::uint64_t> last_of_key_;  // only of events that are kept
};

// Nanoseconds since 1970.
[[nodiscard]] std::int64_t unix_time_ns();

}  // namespace shmbus::agent
