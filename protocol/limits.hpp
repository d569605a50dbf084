// The limits of the wire and the defaults of its fields, all in one place; PROTOCOL.md lists them under "Limits". The
// agent's own limits (attachments, queues, replay) are in agent/config/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shmbus::limits {

// The most data in one read or write; `info` reports it as max_data. The results of one batch share it. Larger
// transfers go in pieces, see client/bulk.hpp.
inline constexpr std::size_t kMaxDataBytes = std::size_t{1} << 20;

// The largest request. The agent closes the connection on a larger one (ZMQ_MAXMSGSIZE), and sends no reply.
inline constexpr std::size_t kMaxMessageBytes = kMaxDataBytes + (std::size_t{64} << 10);

// The largest reply and the largest event. The client library closes the connection on a larger one (ZMQ_MAXMSGSIZE).
// A reply has room for a batch of kMaxBatchRequests whose results fill kMaxDataBytes.
inline constexpr std::size_t kMaxReplyBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMaxEventBytes = std::size_t{64} << 10;

// The length of an `id` that is a string, and of a `once`.
inline constexpr std::size_t kMaxIdBytes = 64;
inline constexpr std::size_t kMinOnceBytes = 16;
inline constexpr std::size_t kMaxOnceBytes = 64;

inline constexpr std::size_t kMaxBatchRequests = 1000;

// Entries in one page of `list` or `events`: the greatest `limit`, and its default.
inline constexpr std::uint64_t kMaxPage = 10000;
inline constexpr std::uint64_t kDefaultPage = 1000;

// The greatest epoch and attachment number: 2^53-1, exact in a JSON or JavaScript number.
inline constexpr std::uint64_t kMaxEpoch = (std::uint64_t{1} << 53) - 1;

// The greatest uid and gid: (uid_t)-1 stands for "unchanged", see chown(2).
inline constexpr std::uint64_t kMaxUid = 4294967294;

// The lease of an attachment, in milliseconds without use.
inline constexpr std::uint64_t kDefaultLeaseMs = 60'000;
inline constexpr std::uint64_t kMaxLeaseMs = 86'400'000;

// Bounds on the structure of a message, checked while it is parsed: levels of nesting, entries of one map and of one
// array. Replies and events may nest deeper than requests: an event in the replay of a batch takes 9 levels.
inline constexpr std::size_t kMaxRequestDepth = 8;
inline constexpr std::size_t kMaxMapEntries = 256;
inline constexpr std::size_t kMaxArrayEntries = 16384;
inline constexpr std::size_t kMaxAnswerDepth = 16;

// The time between two agent/heartbeat messages.
inline constexpr std::chrono::seconds kHeartbeatInterval{1};

}  // namespace shmbus::limits
