// The messages of the events socket: changes of segments, and the agent's own notices. Plain values that own their
// content. PROTOCOL.md, "Events", is the reference; codec/events.hpp turns them into bytes and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/segment.hpp"

namespace shmbus {

// The kinds of changes. kMarked is the removal of an attached segment, and kRemoved follows with its last detach.
// kMissed stands for changes that the agent could not report one by one; the events after it complete the state.
enum class EventKind : std::uint8_t { kCreated, kRemoved, kMarked, kAttached, kDetached, kSet, kWritten, kMissed };

// The origin of a change: kBus is a client of the agent, kKernel any other process.
enum class EventSource : std::uint8_t { kBus, kKernel };

// The process or the client that made a change. A member is absent if it is not known: all of them if the agent found
// the change by a scan, all but `principal` for a remote client.
struct Actor {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::int32_t> pid;
  // The name of the process (proc(5), /proc/PID/comm): UTF-8, other bytes escaped.
  std::optional<std::string> comm;
  // The agent's name for the client: "uid:1000", "key:NAME" or "anonymous". Absent for kKernel.
  std::optional<std::string> principal;
};

// The fields that a change modified, each with its value before and after. The others are absent.
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

// One change of one segment. It never carries the segment's contents.
struct Event {
  EventKind kind = EventKind::kCreated;
  // The life of the agent, a random number from 1 to 2^53-1; `seq` counts its events from 1, without a hole.
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  // The seq of the previous event of the same key, 0 if none is kept. A subscriber of one key finds gaps by it.
  std::uint64_t prev = 0;
  // The time at which the agent recorded the change, in nanoseconds since 1970, and the name of its host.
  std::int64_t time_ns = 0;
  std::string host;
  // The segment. A marked one keeps its original key, as far as the agent knows it. Both are 0 for kMissed.
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  EventSource source = EventSource::kKernel;
  // The state after the change, or the last known state for kRemoved. Absent for kWritten and kMissed.
  std::optional<SegmentStat> stat;
  Changes changed;
  Actor actor;
  // The written range in bytes. Absent for all kinds but kWritten.
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> length;
  // The range of ids with missed changes (0 and 0 if it is not known), and the least number of changes. Absent for all
  // kinds but kMissed.
  std::optional<ShmId> from;
  std::optional<ShmId> to;
  std::optional<std::uint64_t> at_least;
};

// The body of an agent/... or sync/... message: the agent's epoch and the seq of its last event. Notices take no seq of
// their own. A sync answer has neither `host` nor `time_ns`.
struct Notice {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::optional<std::string> host;
  std::optional<std::int64_t> time_ns;
};

// Complete topics, and prefixes of topics that end in a slash. A subscriber of a key or a segment also needs
// kMissedTopic. To learn when its subscriptions are live, a subscriber subscribes to kSyncTopics followed by a random
// nonce of kSyncNonceDigits hexadecimal digits. The agent answers on that topic, and every subscription made before it
// is then live.
inline constexpr std::string_view kSegmentTopics = "shm/";
inline constexpr std::string_view kMissedTopic = "shm/0/0/missed";
inline constexpr std::string_view kAgentTopics = "agent/";
inline constexpr std::string_view kHeartbeatTopic = "agent/heartbeat";
inline constexpr std::string_view kStartedTopic = "agent/started";
inline constexpr std::string_view kStoppingTopic = "agent/stopping";
inline constexpr std::string_view kSyncTopics = "sync/";
inline constexpr std::size_t kSyncNonceDigits = 32;

// Return the name on the wire, "created" for kCreated and "bus" for kBus, and the kind with a name, or nothing for an
// unknown name.
[[nodiscard]] std::string_view name_of(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind_named(std::string_view name);
[[nodiscard]] std::string_view name_of(EventSource source);

// Returns the topic of an event, "shm/5679/3/created".
[[nodiscard]] std::string topic_of(const Event& event);

// Replaces the content of `topic` with the topic of an event, so that its memory is used again.
void write_topic(const Event& event, std::string& topic);

// Returns the prefix of all topics of a key, "shm/5679/".
[[nodiscard]] std::string topics_of_key(Key key);

// Returns whether `topic` is kSyncTopics and kSyncNonceDigits hexadecimal digits.
[[nodiscard]] bool is_sync_topic(std::string_view topic);

}  // namespace shmbus
