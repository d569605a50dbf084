// A segment's names and its state, as plain values. Sources: shmget(2), shmctl(2), proc(5) on /proc/sysvipc/shm.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/mode.hpp"

namespace shmbus {

using Key = std::uint32_t;   // key_t, shown unsigned
using ShmId = std::int32_t;  // 0 is a valid id

inline constexpr Key kPrivateKey = 0;  // IPC_PRIVATE: many segments have it, so it names none

// How a request names a segment: by either or by both, which then must belong together.
struct SegmentRef {
  std::optional<Key> shm_key;
  std::optional<ShmId> shm_shmid;
};

// Who owns a segment and what each class may do.
struct Permissions {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Mode mode;

  friend bool operator==(const Permissions&, const Permissions&) = default;
};

// One segment's state. Sizes in bytes, times in seconds since the epoch (0: never).
struct SegmentStat {
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  std::uint64_t shm_segsz = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t cuid = 0;
  std::uint32_t cgid = 0;
  Mode mode;
  std::int64_t shm_atime = 0;
  std::int64_t shm_dtime = 0;
  std::int64_t shm_ctime = 0;
  std::int32_t shm_cpid = 0;
  std::int32_t shm_lpid = 0;
  std::uint64_t shm_nattch = 0;
  bool marked = false;  // removed while attached: gone when the last attachment goes (SHM_DEST)
  bool locked = false;  // SHM_LOCK

  [[nodiscard]] Permissions permissions() const { return {uid, gid, mode}; }
  friend bool operator==(const SegmentStat&, const SegmentStat&) = default;
};

}  // namespace shmbus
