// Queries of many pages: the state of all segments, and the events that the agent keeps. They are the steps of "Never
// miss a change" (PROTOCOL.md) that are requests; EventStream combines them with the subscription. They run in the
// thread of the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/client/client.hpp"
#include "protocol/events.hpp"

namespace shmbus {

// The state of all segments, or of those of one key, after the event `seq` of `epoch`. Segments are in ascending order
// of their ids.
struct Snapshot {
  std::vector<SegmentStat> segments;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
};

// One event, decoded and as msgpack. The msgpack also has the fields that Event does not know.
struct StreamEvent {
  Event event;
  std::string body;
};

// A range of the events of one epoch: those after `since` up to and including `up_to`. If a key or a segment is given,
// only its events.
struct EventRange {
  std::uint64_t epoch = 0;
  std::uint64_t since = 0;
  std::uint64_t up_to = 0;
  std::optional<Key> shm_key = {};
  std::optional<ShmId> shm_shmid = {};
};

// Checks that the next page is worth a request, so that an agent cannot keep a client busy for ever. `is_new` says that
// the last page had entries that the pages before it did not have. Errors: kNoAnswer if it had none, or if `deadline`
// has passed.
[[nodiscard]] Result<void> check_page(Client& client, bool is_new, Clock::time_point deadline);

// Returns the entries of all pages of `list`, within one timeout of the client. If the agent is restarted between two
// pages it starts again. Errors: those of Client::call(), of the agent and of check_page().
[[nodiscard]] Result<Snapshot> take_snapshot(Client& client, std::optional<Key> shm_key);

// Returns the events of `range` by ascending seq. It may take longer than one timeout of the client, as long as each
// timeout brings a full page. Errors: those of take_snapshot(); kCompacted if the event after `since` is no longer
// kept, kEpochChanged if the agent is in another epoch.
[[nodiscard]] Result<std::vector<StreamEvent>> replay(Client& client, const EventRange& range);

}  // namespace shmbus
