// One Request and one Result struct per operation, and the variants of them. Members bear the names of the wire;
// a default member value is the default of the wire. PROTOCOL.md explains each operation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/events.hpp"
#include "protocol/limits.hpp"
#include "protocol/segment.hpp"

namespace shmbus {

// UTF-8 that came as bin, as some libraries write all strings.
struct BinText {
  std::string text;

  friend bool operator==(const BinText&, const BinText&) = default;
};

// The client's own mark on a request: nothing, an integer, or up to kMaxIdBytes of UTF-8.
using RequestId = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string, BinText>;

using AttachmentId = std::uint64_t;  // below 2^53

struct CreateResult {
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  std::uint64_t shm_segsz = 0;
  Mode mode;
  bool created = false;
  std::optional<std::string> warning = {};  // what threatens the segment on this host
};

struct CreateRequest {
  using Result = CreateResult;
  Key shm_key = kPrivateKey;
  std::uint64_t shm_segsz = 0;
  Mode mode{0600};
  bool exclusive = false;
};

struct AttachResult {
  AttachmentId attachment = 0;
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  std::uint64_t shm_segsz = 0;
  bool read_only = false;
  std::uint64_t lease_ms = 0;
};

struct AttachRequest {
  using Result = AttachResult;
  SegmentRef segment;
  bool read_only = false;
  std::uint64_t lease_ms = limits::kDefaultLeaseMs;
};

struct DetachResult {
  std::uint64_t detached = 0;
};

struct DetachRequest {
  using Result = DetachResult;
  std::optional<AttachmentId> attachment;  // this one, or all that the caller holds on `segment`
  SegmentRef segment;
};

struct StatResult {
  SegmentStat stat;
};

struct StatRequest {
  using Result = StatResult;
  SegmentRef segment;
};

struct SetResult {
  Permissions before;
  Permissions after;
  std::int64_t shm_ctime = 0;
};

struct SetRequest {
  using Result = SetResult;
  SegmentRef segment;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<Mode> mode;
  std::optional<std::int64_t> if_ctime;
  std::optional<std::int32_t> if_cpid;
};

struct RemoveResult {
  bool destroyed = false;  // false: marked, gone when the last attachment goes
  std::uint64_t shm_nattch = 0;
};

struct RemoveRequest {
  using Result = RemoveResult;
  SegmentRef segment;
  std::optional<std::int64_t> if_ctime;
  std::optional<std::int32_t> if_cpid;
};

struct ReadResult {
  std::string data;
  std::optional<std::string_view> placed = {};  // the bytes where they are already, borrowed, instead of `data`
  bool text = false;                            // `data` travels as str instead of bin
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t shm_segsz = 0;
  bool eof = false;
};

struct ReadRequest {
  using Result = ReadResult;
  std::optional<AttachmentId> attachment;  // or `segment`
  SegmentRef segment;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // to the end, at most kMaxDataBytes
  bool text = false;
};

struct WriteResult {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct WriteRequest {
  using Result = WriteResult;
  std::optional<AttachmentId> attachment;  // or `segment`
  SegmentRef segment;
  std::string_view data;  // borrowed: from the received frame, or from the caller
  std::uint64_t offset = 0;
  bool text = false;  // `data` is UTF-8 without NUL, and a NUL is written after it
};

struct ListResult {
  std::vector<SegmentStat> segments;  // by ascending shmid
  bool more = false;
};

struct ListRequest {
  using Result = ListResult;
  std::optional<Key> shm_key;
  std::optional<std::uint32_t> uid;
  std::optional<ShmId> after;
  std::uint64_t limit = limits::kDefaultPage;
};

struct EventsResult {
  std::vector<std::string> events;  // each an encoded event; decode_event() reads one
  std::uint64_t first = 0;          // oldest and newest seq kept, whatever the filter
  std::uint64_t last = 0;
  bool more = false;
};

struct EventsRequest {
  using Result = EventsResult;
  std::optional<std::uint64_t> since;
  std::optional<Key> shm_key;
  std::optional<ShmId> shm_shmid;
  std::uint64_t limit = limits::kDefaultPage;
};

struct InfoResult {
  struct Limits {
    std::uint64_t shmmax = 0;  // bytes
    std::uint64_t shmall = 0;  // pages
    std::uint64_t shmmni = 0;  // segments
    std::uint64_t page_size = 0;
  };
  struct Usage {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t attachments = 0;
  };
  struct Endpoints {
    std::vector<std::string> commands;
    std::vector<std::string> events;
  };
  struct Detection {
    std::string mode;
    std::string reason;
    std::uint64_t interval_ms = 0;
  };
  std::string version;
  std::uint64_t protocol = 0;
  std::string host;
  std::int32_t pid = 0;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::int64_t started = 0;  // seconds since 1970
  Limits limits;
  Usage usage;
  std::uint64_t max_data = 0;
  std::vector<std::string> operations;
  Endpoints endpoints;
  Detection detection;
  std::optional<std::vector<std::string>> warnings = {};  // what an operator should mend; none from an older agent
};

struct InfoRequest {
  using Result = InfoResult;
};

struct PingResult {};

struct PingRequest {
  using Result = PingResult;
};

struct Reply;
struct BatchItem;

struct BatchResult {
  std::vector<Reply> replies;
};

struct BatchRequest {
  using Result = BatchResult;
  std::vector<BatchItem> requests;
  bool stop_on_error = true;
};

// In the order of the table in operations.cpp.
using Operation =
    std::variant<CreateRequest, AttachRequest, DetachRequest, StatRequest, SetRequest, RemoveRequest, ReadRequest,
                 WriteRequest, ListRequest, EventsRequest, InfoRequest, PingRequest, BatchRequest>;
using OperationResult =
    std::variant<CreateResult, AttachResult, DetachResult, StatResult, SetResult, RemoveResult, ReadResult, WriteResult,
                 ListResult, EventsResult, InfoResult, PingResult, BatchResult>;

// One request as a whole.
struct Request {
  RequestId id;
  std::optional<std::uint64_t> epoch;
  std::optional<std::string> once;
  Operation operation;
};

// One request of a batch; a malformed one stands there as its error and fails alone. `malformed` is then what stood
// there, in one spelling, so that it can be passed on and told from others.
struct BatchItem {
  RequestId id;
  std::variant<Request, Error> request;
  std::string malformed = {};
};

// One reply as a whole. `epoch` and `seq` are absent inside a batch.
struct Reply {
  RequestId id;
  std::variant<OperationResult, Error> outcome;
  bool repeated = false;
  std::optional<std::uint64_t> epoch;
  std::optional<std::uint64_t> seq;

  [[nodiscard]] bool ok() const { return outcome.index() == 0; }
};

}  // namespace shmbus
