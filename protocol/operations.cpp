#include "protocol/operations.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

namespace shmbus {
namespace {

using limits::kMaxDataBytes;
using limits::kMaxPage;

constexpr bool kRequired = true;
constexpr bool kOptional = false;
constexpr bool kChanges = true;
constexpr bool kReadsOnly = false;
constexpr std::uint64_t kAnyMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMaxShmId = std::numeric_limits<ShmId>::max();
constexpr std::uint64_t kMaxTime = std::numeric_limits<std::int64_t>::max();

constexpr FieldSpec kKeyField{"shm_key", FieldType::kKey, kOptional, "", 0, 0, "--key", "KEY", "key of the segment"};
constexpr FieldSpec kKeyFilterField{
    "shm_key", FieldType::kKey, kOptional, "", 0, 0, "--key", "KEY", "only segments with this key"};
constexpr FieldSpec kShmIdField{"shm_shmid", FieldType::kShmId, kOptional,          "", 0, kMaxShmId,
                                "--shmid",   "SHMID",           "id of the segment"};
constexpr FieldSpec kAttachmentField{"attachment",
                                     FieldType::kInteger,
                                     kOptional,
                                     "",
                                     1,
                                     limits::kMaxEpoch,
                                     "--attachment",
                                     "ATTACHMENT",
                                     "attachment, as returned by attach"};
constexpr FieldSpec kOffsetField{"offset", FieldType::kInteger,         kOptional, "0", 0, kAnyMax, "--offset",
                                 "OFFSET", "position of the first byte"};
constexpr FieldSpec kIfCtimeField{"if_ctime",
                                  FieldType::kInteger,
                                  kOptional,
                                  "",
                                  0,
                                  kMaxTime,
                                  "--if-ctime",
                                  "TIME",
                                  "only if shm_ctime is still this time"};
constexpr FieldSpec kIfCpidField{"if_cpid",
                                 FieldType::kInteger,
                                 kOptional,
                                 "",
                                 0,
                                 kMaxShmId,
                                 "--if-cpid",
                                 "PID",
                                 "only if shm_cpid is still this process id"};
constexpr FieldSpec kListLimitField{"limit",
                                    FieldType::kInteger,
                                    kOptional,
                                    "1000",
                                    1,
                                    kMaxPage,
                                    "--limit",
                                    "COUNT",
                                    "maximum number of segments in a reply",
                                    "maximum number of segments (default: all)"};
constexpr FieldSpec kEventsLimitField{"limit",
                                      FieldType::kInteger,
                                      kOptional,
                                      "1000",
                                      1,
                                      kMaxPage,
                                      "--limit",
                                      "COUNT",
                                      "maximum number of events in a reply"};

constexpr std::array kCommonFields{
    FieldSpec{"op", FieldType::kText, kRequired, "", 1, 64, "", "", "name of the operation"},
    FieldSpec{"id", FieldType::kIdentity, kOptional, "", 0, limits::kMaxIdBytes, "--id", "ID", "returned in the reply"},
    FieldSpec{"epoch", FieldType::kEpoch, kOptional, "", 0, kAnyMax, "--epoch", "EPOCH",
              "only if this is the agent's epoch"},
    FieldSpec{"once", FieldType::kText, kOptional, "", limits::kMinOnceBytes, limits::kMaxOnceBytes, "--once", "TOKEN",
              "token that makes it safe to send the request again",
              "token of 16 to 64 bytes that makes it safe to send the request again"},
};

// The fields of an operation: the common ones, then its own.
template <class... Own>
constexpr auto with_common(const Own&... own) {
  return std::apply([&](const auto&... common) { return std::array{common..., own...}; }, kCommonFields);
}

constexpr auto kCreateFields = with_common(
    FieldSpec{"shm_key", FieldType::kNewKey, kRequired, "", 1, 0, "--key", "KEY", "key of the segment, or private"},
    FieldSpec{"shm_segsz", FieldType::kInteger, kRequired, "", 1, kAnyMax, "--size", "SIZE", "size in bytes",
              "size in bytes; suffixes K, M, G and T"},
    FieldSpec{"mode", FieldType::kMode, kOptional, "600", 0, 0, "--mode", "MODE", "permissions as three octal digits"},
    FieldSpec{"exclusive", FieldType::kFlag, kOptional, "false", 0, 0, "--exclusive", "", "fail if the key exists"});
constexpr auto kAttachFields = with_common(
    kKeyField, kShmIdField,
    FieldSpec{"read_only", FieldType::kFlag, kOptional, "false", 0, 0, "--read-only", "", "attach for reading only"},
    FieldSpec{"lease_ms", FieldType::kInteger, kOptional, "60000", 1, limits::kMaxLeaseMs, "--lease", "SECONDS",
              "time without use after which the attachment is released",
              "seconds without use after which the attachment is released (default 60)"});
constexpr auto kDetachFields = with_common(kAttachmentField, kKeyField, kShmIdField);
constexpr auto kStatFields = with_common(kKeyField, kShmIdField);
constexpr auto kSetFields = with_common(
    kKeyField, kShmIdField,
    FieldSpec{"uid", FieldType::kInteger, kOptional, "", 0, limits::kMaxUid, "--uid", "USER", "new owner",
              "new owner, by name or number"},
    FieldSpec{"gid", FieldType::kInteger, kOptional, "", 0, limits::kMaxUid, "--gid", "GROUP", "new group",
              "new group, by name or number"},
    FieldSpec{"mode", FieldType::kMode, kOptional, "", 0, 0, "--mode", "MODE", "new permissions as three octal digits"},
    kIfCtimeField, kIfCpidField);
constexpr auto kRemoveFields = with_common(kKeyField, kShmIdField, kIfCtimeField, kIfCpidField);
constexpr auto kReadFields = with_common(
    kAttachmentField, kKeyField, kShmIdField, kOffsetField,
    FieldSpec{"length", FieldType::kInteger, kOptional, "", 0, kAnyMax, "--length", "LENGTH",
              "number of bytes; by default up to the end, at most max_data",
              "number of bytes (default: up to the end; without --out at most 1 MiB)"},
    FieldSpec{"text", FieldType::kFlag, kOptional, "false", 0, 0, "--text", "", "read UTF-8 text up to the first NUL"});
constexpr auto kWriteFields = with_common(
    kAttachmentField, kKeyField, kShmIdField,
    FieldSpec{"data", FieldType::kBytes, kRequired, "", 0, kMaxDataBytes, "--data", "DATA", "data to write"},
    kOffsetField,
    FieldSpec{"text", FieldType::kFlag, kOptional, "false", 0, 0, "--text", "", "write UTF-8 text and a NUL after it"});
constexpr auto kListFields =
    with_common(kKeyFilterField,
                FieldSpec{"uid", FieldType::kInteger, kOptional, "", 0, limits::kMaxUid, "--uid", "USER",
                          "only segments of this owner", "only segments of this owner, by name or number"},
                FieldSpec{"after", FieldType::kShmId, kOptional, "", 0, kMaxShmId, "--after", "SHMID",
                          "only segments with greater ids"},
                kListLimitField);
constexpr auto kEventsFields = with_common(
    FieldSpec{"since", FieldType::kInteger, kOptional, "", 0, kMaxTime, "--since", "SEQ",
              "only events after this sequence number"},
    FieldSpec{"shm_key", FieldType::kKey, kOptional, "", 0, 0, "--key", "KEY", "only events of segments with this key"},
    FieldSpec{"shm_shmid", FieldType::kShmId, kOptional, "", 0, kMaxShmId, "--shmid", "SHMID",
              "only events of the segment with this id"},
    kEventsLimitField);
constexpr auto kBatchFields = with_common(
    FieldSpec{"requests", FieldType::kRequests, kRequired, "", 0, limits::kMaxBatchRequests, "", "", "the requests"},
    FieldSpec{"stop_on_error", FieldType::kFlag, kOptional, "true", 0, 0, "--keep-going", "",
              "stop at the first failure", "continue after a failure"});

constexpr std::array kOperations{
    OperationSpec{"create", kChanges, "Create a segment, or open the existing one with this key.",
                  "create --key 5679 --size 1024 --mode 666", kCreateFields},
    OperationSpec{"attach", kChanges, "Keep a segment attached in the agent, for faster reads and writes.",
                  "attach --key 5679 --lease 60", kAttachFields},
    OperationSpec{"detach", kChanges, "Release one attachment, or all of your attachments to a segment.",
                  "detach --key 5679", kDetachFields},
    OperationSpec{"stat", kReadsOnly, "Show the state of a segment.", "--json stat --key 5679", kStatFields},
    OperationSpec{"set", kChanges, "Change the owner, group or permissions of a segment.", "set --key 5679 --mode 600",
                  kSetFields},
    OperationSpec{"remove", kChanges, "Remove a segment. It disappears with its last attachment.", "remove --key 5679",
                  kRemoveFields},
    OperationSpec{"read", kReadsOnly, "Read bytes or text from a segment.", "read --key 5679 --text", kReadFields},
    OperationSpec{"write", kChanges, "Write bytes or text into a segment.", "write --key 5679 --text --data testdata2",
                  kWriteFields},
    OperationSpec{"list", kReadsOnly, "List the segments of the host.", "list --uid root", kListFields},
    OperationSpec{"events", kReadsOnly, "Show the events that the agent has kept.", "events --key 5679 --limit 10",
                  kEventsFields},
    OperationSpec{"info", kReadsOnly, "Show the agent's version, limits and endpoints.", "info", kCommonFields},
    OperationSpec{"ping", kReadsOnly, "Check that the agent answers.", "ping --timeout 1", kCommonFields},
    OperationSpec{"batch", kChanges, "Carry out several requests in a row.", "batch requests.jsonl", kBatchFields},
};
static_assert(kOperations.size() == std::variant_size_v<Operation>);
static_assert(kOperations.size() == std::variant_size_v<OperationResult>);

}  // namespace

std::span<const FieldSpec> OperationSpec::own_fields() const { return fields.subspan(kCommonFields.size()); }

const FieldSpec* OperationSpec::field(std::string_view field_name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const FieldSpec& each) { return each.name == field_name; });
  return found == fields.end() ? nullptr : &*found;
}

std::span<const OperationSpec> operations() { return kOperations; }

std::span<const FieldSpec> common_fields() { return kCommonFields; }

const OperationSpec* operation_named(std::string_view name) {
  const auto* const found = std::find_if(kOperations.begin(), kOperations.end(),
                                         [&](const OperationSpec& spec) { return spec.name == name; });
  return found == kOperations.end() ? nullptr : found;
}

const OperationSpec& spec_of(const Operation& operation) { return kOperations.at(operation.index()); }

std::string describe_type(const FieldSpec& field) {
  const auto range = [&field] {
    if (field.max == kAnyMax) {
      return std::to_string(field.min) + " or more";
    }
    return std::to_string(field.min) + " to " + std::to_string(field.max);
  };
  switch (field.type) {
    case FieldType::kKey:
      return "integer 1 to 4294967295 or the same as a string";
    case FieldType::kNewKey:
      return "integer 1 to 4294967295, the same as a string, or \"private\"";
    case FieldType::kShmId:
      return "integer " + range() + " or the same as a string";
    case FieldType::kMode:
      return "three octal digits as an integer or a string";
    case FieldType::kInteger:
      return "integer " + range();
    case FieldType::kEpoch:
      return "integer";
    case FieldType::kFlag:
      return "bool";
    case FieldType::kText:
      return "string of " + range() + " bytes";
    case FieldType::kBytes:
      return "bin or string of at most " + std::to_string(field.max) + " bytes";
    case FieldType::kIdentity:
      return "integer, or string of at most " + std::to_string(field.max) + " bytes";
    case FieldType::kRequests:
      return "array of at most " + std::to_string(field.max) + " requests";
  }
  return "";
}

}  // namespace shmbus
