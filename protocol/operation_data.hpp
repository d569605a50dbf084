// A Request and a Result struct for each operation but batch, which commands.hpp has with the whole messages.
// PROTOCOL.md explains each operation with its errors and an example.
//
// Members have the names of the wire, a default member value is the default of the wire, and an absent optional is
// absent there. Sizes, offsets and lengths are in bytes. The structs own their content, except for the string_view
// members, whose bytes belong to the caller or to a received frame: WriteRequest::data and ReadResult::placed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/limits.hpp"
#include "protocol/segment.hpp"

namespace shmbus {

// The number of an attachment that the agent holds: random, 1 to kMaxEpoch. It belongs to the caller's principal, not
// to a connection.
using AttachmentId = std::uint64_t;

// The segment that was created, or opened. An existing segment has its own size and mode, not those of the request.
struct CreateResult {
  // kPrivateKey for a private segment.
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  std::uint64_t shm_segsz = 0;
  Mode mode;
  // False if the segment existed.
  bool created = false;
  // A sentence on a setting of this host that endangers the new segment; absent if there is none.
  std::optional<std::string> warning = {};
};

// Creates a segment, or opens the one that has the key.
struct CreateRequest {
  using Result = CreateResult;
  // kPrivateKey always creates a segment; it is "private" on the wire.
  Key shm_key = kPrivateKey;
  // At least 1. An existing segment that is smaller is kSizeMismatch.
  std::uint64_t shm_segsz = 0;
  // The permissions of a new segment, and the rights that the caller needs on an existing one.
  Mode mode{0600};
  // An existing key is kExists.
  bool exclusive = false;
};

// An attachment in the agent, until it is detached or its lease expires.
struct AttachResult {
  AttachmentId attachment = 0;
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  std::uint64_t shm_segsz = 0;
  bool read_only = false;
  // The lease in milliseconds that took effect; the agent's --max-lease may have cut the requested one.
  std::uint64_t lease_ms = 0;
};

// Attaches a segment in the agent, so that reads and writes through the attachment need not map it each time.
struct AttachRequest {
  using Result = AttachResult;
  SegmentRef segment;
  // True: the caller needs the right to read. False: it needs the rights to read and to write.
  bool read_only = false;
  // Milliseconds without use after which the agent detaches, 1 to kMaxLeaseMs. Each use renews the lease.
  std::uint64_t lease_ms = limits::kDefaultLeaseMs;
};

// The number of attachments that were detached.
struct DetachResult {
  std::uint64_t detached = 0;
};

// Detaches one attachment, or all that the caller holds on `segment`. Exactly one of the two members is given.
struct DetachRequest {
  using Result = DetachResult;
  std::optional<AttachmentId> attachment;
  SegmentRef segment;
};

struct StatResult {
  SegmentStat stat;
};

// Returns the state of one segment, which needs the right to read it.
struct StatRequest {
  using Result = StatResult;
  SegmentRef segment;
};

// The permissions before and after the change, and the change time after it in seconds since 1970.
struct SetResult {
  Permissions before;
  Permissions after;
  std::int64_t shm_ctime = 0;
};

// Changes the owner, the group or the permissions. The kernel allows this to the owner, the creator and privileged
// callers (shmctl(2)). An absent member stays as it is; at least one of `uid`, `gid` and `mode` is given.
struct SetRequest {
  using Result = SetResult;
  SegmentRef segment;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<Mode> mode;
  // Act only if the segment still has this shm_ctime and this shm_cpid, else kPreconditionFailed. That protects another
  // segment that was given the same id meanwhile. Absent: not checked.
  std::optional<std::int64_t> if_ctime;
  std::optional<std::int32_t> if_cpid;
};

struct RemoveResult {
  // False if the segment is still attached: it is marked, and goes with its last attachment.
  bool destroyed = false;
  // The attachments that are left.
  std::uint64_t shm_nattch = 0;
};

// Removes a segment, which the kernel allows to the same callers as a set. Removing a marked segment again succeeds and
// changes nothing.
struct RemoveRequest {
  using Result = RemoveResult;
  SegmentRef segment;
  // Preconditions as in SetRequest.
  std::optional<std::int64_t> if_ctime;
  std::optional<std::int32_t> if_cpid;
};

struct ReadResult {
  // The bytes that were read, unless `placed` has them.
  std::string data;
  // A view of the bytes, set in place of `data` where that saves a copy: they lie in the received frame or in the
  // agent's reply, and the view is valid as long as that memory is. Client::call() never sets it; decode_reply() does
  // so for DataIs::kBorrowed.
  std::optional<std::string_view> placed = {};
  // The bytes are UTF-8 and travel as str instead of bin.
  bool text = false;
  std::uint64_t offset = 0;
  // The number of bytes in `data` or `placed`.
  std::uint64_t length = 0;
  // The size of the whole segment.
  std::uint64_t shm_segsz = 0;
  // The range reaches the end of the segment. Text may end before the range, at a NUL.
  bool eof = false;
};

// Reads a range of a segment. Either `attachment` or `segment` is given.
struct ReadRequest {
  using Result = ReadResult;
  std::optional<AttachmentId> attachment;
  SegmentRef segment;
  std::uint64_t offset = 0;
  // At most kMaxDataBytes. Absent: to the end of the segment, and again at most kMaxDataBytes. A range that passes the
  // end of the segment ends there.
  std::optional<std::uint64_t> length;
  // Return the bytes up to the first NUL as UTF-8; kNotText if they are not.
  bool text = false;
};

// The range that was written; a NUL that was added counts.
struct WriteResult {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Writes at most kMaxDataBytes into a segment. Data that do not fit change nothing (kOutOfRange). Either `attachment`
// or `segment` is given.
struct WriteRequest {
  using Result = WriteResult;
  std::optional<AttachmentId> attachment;
  SegmentRef segment;
  // Borrowed: from the caller until the request is encoded, or from a received frame.
  std::string_view data;
  std::uint64_t offset = 0;
  // `data` is UTF-8 without a NUL, and the agent writes a NUL after it.
  bool text = false;
};

struct ListResult {
  // By ascending shmid.
  std::vector<SegmentStat> segments;
  // There are more segments: the next page takes `after` set to the last shmid.
  bool more = false;
};

// Lists the segments that pass all given filters; an absent filter passes every segment. It needs no right on them.
struct ListRequest {
  using Result = ListResult;
  // kPrivateKey selects the private segments.
  std::optional<Key> shm_key;
  // The owner.
  std::optional<std::uint32_t> uid;
  // Only segments with greater ids.
  std::optional<ShmId> after;
  // Segments in one page, 1 to kMaxPage. A page also ends at kMaxDataBytes.
  std::uint64_t limit = limits::kDefaultPage;
};

struct EventsResult {
  // Encoded events by ascending seq; decode_event() reads one.
  std::vector<std::string> events;
  // The oldest and the newest seq that the agent keeps, whatever the filter.
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  // More events follow: the next page takes `since` set to the seq of the last one here.
  bool more = false;
};

// Replays events that the agent keeps. kCompacted if the event after `since` is no longer kept.
struct EventsRequest {
  using Result = EventsResult;
  // Events after this seq; absent: from the oldest one kept. A seq beyond the newest event is kBadRequest.
  std::optional<std::uint64_t> since;
  // Only events of this key, and of this segment.
  std::optional<Key> shm_key;
  std::optional<ShmId> shm_shmid;
  // Events in one page, 1 to kMaxPage. A page also ends at kMaxDataBytes.
  std::uint64_t limit = limits::kDefaultPage;
};

struct InfoResult {
  // The kernel's limits (proc(5), /proc/sys/kernel): the bytes of one segment, the pages and the number of all
  // segments; and the size of a page in bytes.
  struct Limits {
    std::uint64_t shmmax = 0;
    std::uint64_t shmall = 0;
    std::uint64_t shmmni = 0;
    std::uint64_t page_size = 0;
  };
  // All segments of the host and the bytes of their pages, and the attachments that the agent holds for callers.
  struct Usage {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t attachments = 0;
  };
  // The ZeroMQ addresses as they were bound.
  struct Endpoints {
    std::vector<std::string> commands;
    std::vector<std::string> events;
  };
  // The method by which the agent finds changes of other processes, "trace", "scan" or "off", and the reason for it as
  // a sentence. `interval_ms` is the longest time between two scans, 0 if there are none.
  struct Detection {
    std::string mode;
    std::string reason;
    std::uint64_t interval_ms = 0;
  };
  // The version of the agent's program.
  std::string version;
  // Rises when the meaning of a message changes; new fields alone do not raise it.
  std::uint64_t protocol = 0;
  // The host and the process of the agent.
  std::string host;
  std::int32_t pid = 0;
  // The epoch of the agent, and the seq of its last event.
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  // The start of the agent, in seconds since 1970.
  std::int64_t started = 0;
  Limits limits;
  Usage usage;
  // The agent's kMaxDataBytes.
  std::uint64_t max_data = 0;
  // The names of the operations that the agent knows.
  std::vector<std::string> operations;
  Endpoints endpoints;
  Detection detection;
  // Sentences on settings of the host that an operator should correct. Absent from an agent that does not report them.
  std::optional<std::vector<std::string>> warnings = {};
};

// Returns facts about the agent and its host.
struct InfoRequest {
  using Result = InfoResult;
};

struct PingResult {};

// Does nothing. The reply shows that the agent answers, and carries its epoch and seq.
struct PingRequest {
  using Result = PingResult;
};

}  // namespace shmbus
