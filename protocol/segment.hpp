// The names and the state of a segment, as plain values. They are copies and keep no segment alive: it can change or go
// away at any time. Sources: shmget(2), shmctl(2), proc(5) on /proc/sysvipc/shm.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/mode.hpp"

namespace shmbus {

// key_t as an unsigned number, its form on the wire.
using Key = std::uint32_t;

// The kernel's id of a segment. 0 is a valid id. After a removal the kernel may give the id to another segment.
using ShmId = std::int32_t;

// IPC_PRIVATE: the key of every private segment, so it names none of them.
inline constexpr Key kPrivateKey = 0;

// A reference to a segment in a request: its key, its id, or both, which then must belong together (kKeyMismatch).
// kPrivateKey needs the id beside it.
struct SegmentRef {
  std::optional<Key> shm_key;
  std::optional<ShmId> shm_shmid;
};

// The owner and the group of a segment, and the rights of each class.
struct Permissions {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Mode mode;

  friend bool operator==(const Permissions&, const Permissions&) = default;
};

// The state of one segment, the fields of struct shmid_ds (shmctl(2)).
struct SegmentStat {
  // A marked segment keeps the key that it had, as far as the agent knows it.
  Key shm_key = kPrivateKey;
  ShmId shm_shmid = 0;
  // The size in bytes that shmget(2) was called with; the kernel maps whole pages.
  std::uint64_t shm_segsz = 0;
  // The owner, which IPC_SET changes, and the creator, which never changes.
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t cuid = 0;
  std::uint32_t cgid = 0;
  Mode mode;
  // The last attach, the last detach, and the creation or last change: seconds since 1970, 0 for never.
  std::int64_t shm_atime = 0;
  std::int64_t shm_dtime = 0;
  std::int64_t shm_ctime = 0;
  // The process that created the segment, and the one that attached or detached last. Either may have exited.
  std::int32_t shm_cpid = 0;
  std::int32_t shm_lpid = 0;
  // Attachments of all processes, the agent's among them.
  std::uint64_t shm_nattch = 0;
  // Removed while attached: the segment goes with its last attachment (SHM_DEST).
  bool marked = false;
  // Kept out of swap (SHM_LOCK).
  bool locked = false;

  [[nodiscard]] Permissions permissions() const { return {uid, gid, mode}; }
  friend bool operator==(const SegmentStat&, const SegmentStat&) = default;
};

}  // namespace shmbus
