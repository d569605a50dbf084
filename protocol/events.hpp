// What the events socket publishes: changes of segments, and the agent's own notices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/segment.hpp"

namespace shmbus {

enum class EventKind : std::uint8_t { kCreated, kRemoved, kMarked, kAttached, kDetached, kSet, kWritten, kMissed };

enum class EventSource : std::uint8_t { kBus, kKernel };

// Who made a change, as far as it is known. `principal` is "uid:1000" for a local caller.
struct Actor {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::int32_t> pid;
  std::optional<std::string> comm;  // UTF-8, foreign bytes escaped
  std::optional<std::string> principal;
};

// What a change changed: before and after, only the fields that differ.
struct Changes {
  template <class T>
  using BeforeAfter = std::optional<std::pair<T, T>>;

  BeforeAfter<std::uint32_t> uid;
  BeforeAfter<std::uint32_t> gid;
  BeforeAfter<Mode> mode;
  BeforeAfter<bool> locked;
  BeforeAfter<bool> marked;
  BeforeAfter<std::uint64_t> shm_nattch;
};

// One change of one segment.
struct Event {
  EventKind kind = EventKind::kCreated;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::uint64_t prev = 0;  // seq of the previous event of the same key, 0 if none is kept
  std::int64_t time_ns = 0;
  std::string host;
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  EventSource source = EventSource::kKernel;
  std::optional<SegmentStat> stat;  // after the change; the last known for removed; none for written and missed
  Changes changed;
  Actor actor;
  std::optional<std::uint64_t> offset;  // of written
  std::optional<std::uint64_t> length;
  std::optional<ShmId> from;  // of missed
  std::optional<ShmId> to;
  std::optional<std::uint64_t> at_least;
};

// The body of agent/… and sync/… messages; a sync answer has only epoch and seq.
struct Notice {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::optional<std::string> host;
  std::optional<std::int64_t> time_ns;
};

inline constexpr std::string_view kSegmentTopics = "shm/";
inline constexpr std::string_view kMissedTopic = "shm/0/0/missed";
inline constexpr std::string_view kAgentTopics = "agent/";
inline constexpr std::string_view kHeartbeatTopic = "agent/heartbeat";
inline constexpr std::string_view kStartedTopic = "agent/started";
inline constexpr std::string_view kStoppingTopic = "agent/stopping";
inline constexpr std::string_view kSyncTopics = "sync/";
inline constexpr std::size_t kSyncNonceDigits = 32;  // 16 bytes in hex

[[nodiscard]] std::string_view name_of(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind_named(std::string_view name);
[[nodiscard]] std::string_view name_of(EventSource source);

// "shm/5679/3/created", alone or as the content of `topic`, and "shm/5679/" which selects every event of a key.
[[nodiscard]] std::string topic_of(const Event& event);
void write_topic(const Event& event, std::string& topic);
[[nodiscard]] std::string topics_of_key(Key key);

// True for "sync/" and kSyncNonceDigits hexadecimal digits.
[[nodiscard]] bool is_sync_topic(std::string_view topic);

}  // namespace shmbus
