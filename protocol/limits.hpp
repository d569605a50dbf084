// Every limit of the wire, with its default, in one place. The agent's own limits (attachments, queues, replay) are
// in agent/config/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shmbus::limits {

inline constexpr std::size_t kMaxDataBytes = std::size_t{1} << 20;                        // in one read or write
inline constexpr std::size_t kMaxMessageBytes = kMaxDataBytes + (std::size_t{64} << 10);  // one frame, either way
inline constexpr std::size_t kMaxReplyBytes = std::size_t{8} << 20;  // holds a batch of 1000 with full data
inline constexpr std::size_t kMaxEventBytes = std::size_t{64} << 10;

inline constexpr std::size_t kMaxIdBytes = 64;
inline constexpr std::size_t kMinOnceBytes = 16;
inline constexpr std::size_t kMaxOnceBytes = 64;
inline constexpr std::size_t kMaxBatchRequests = 1000;
inline constexpr std::uint64_t kMaxPage = 10000;
inline constexpr std::uint64_t kDefaultPage = 1000;
inline constexpr std::uint64_t kMaxEpoch = (std::uint64_t{1} << 53) - 1;  // exact in a JSON or JavaScript number
inline constexpr std::uint64_t kMaxUid = 4294967294;                      // (uid_t)-1 means "unchanged"

inline constexpr std::uint64_t kDefaultLeaseMs = 60'000;
inline constexpr std::uint64_t kMaxLeaseMs = 86'400'000;

// What a message may unpack to, checked while it is parsed: how deep containers nest, and how much each holds.
inline constexpr std::size_t kMaxRequestDepth = 8;
inline constexpr std::size_t kMaxMapEntries = 256;
inline constexpr std::size_t kMaxArrayEntries = 16384;
inline constexpr std::size_t kMaxAnswerDepth = 16;  // an event in the replay of a batch takes 9

inline constexpr std::chrono::seconds kHeartbeatInterval{1};

}  // namespace shmbus::limits
