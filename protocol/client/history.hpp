// What an agent answers about its segments as they are now and about the events that it keeps: the parts of "Never miss
// a change" (PROTOCOL.md) that are requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/client/client.hpp"
#include "protocol/events.hpp"

namespace shmbus {

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

// Part of the events of one epoch: those after `since` up to `up_to`, of one key or segment if that is given.
struct EventRange {
  std::uint64_t epoch = 0;
  std::uint64_t since = 0;
  std::uint64_t up_to = 0;
  std::optional<Key> shm_key = {};
  std::optional<ShmId> shm_shmid = {};
};

// Checks that the next page of an answer can be asked for. Errors: kNoAnswer if the last one brought nothing new
// although more follows, or if `deadline` has passed.
[[nodiscard]] Result<void> check_page(Client& client, bool is_new, Clock::time_point deadline);

// All pages of `list`, within one timeout of the client. Errors: those of Client::call and the agent's, and
// check_page's.
[[nodiscard]] Result<Snapshot> take_snapshot(Client& client, std::optional<Key> shm_key);

// The events of `range`, in order. However many there are, each timeout must bring a full page. Errors: the same;
// kCompacted if one that might be among them is no longer kept, kEpochChanged if the agent is in another epoch.
[[nodiscard]] Result<std::vector<StreamEvent>> replay(Client& client, const EventRange& range);

}  // namespace shmbus
