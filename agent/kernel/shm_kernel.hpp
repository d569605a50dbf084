// The seam to the kernel: what the agent needs of System V shared memory, in its own words. SysvKernel is the real
// one; tests/support/fake_kernel.hpp is its twin in memory. One conformance suite runs on both.
// Threads: one at a time. Errors carry errno and a message with the facts; see kernel_error.hpp.
// Sources: shmget(2), shmop(2), shmctl(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/kernel/credentials.hpp"
#include "protocol/result.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

enum class Access : std::uint8_t { kReadOnly, kReadWrite };

// One attachment of this process to one segment; the destructor detaches. Bounds are the caller's to keep:
// offset + length must be at most size(). The copies survive a page that cannot be had (huge pages without
// reservation) and then tell kNoMemory with the number of bytes done in the message.
class Attachment {
 public:
  Attachment() = default;
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  Attachment(Attachment&&) = delete;
  Attachment& operator=(Attachment&&) = delete;
  virtual ~Attachment() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;  // shm_segsz, bytes
  virtual Result<void> read(std::uint64_t offset, std::span<std::byte> into) const = 0;
  virtual Result<void> write(std::uint64_t offset, std::span<const std::byte> from) = 0;
};

// A segment that create() made or opened. One that was made has the size and mode asked for.
struct Opened {
  ShmId shmid = 0;
  std::uint64_t shm_segsz = 0;
  Mode mode;
  bool created = false;
};

struct KernelLimits {
  std::uint64_t shmmax = 0;  // bytes in one segment
  std::uint64_t shmall = 0;  // pages in all
  std::uint64_t shmmni = 0;  // segments
  std::uint64_t page_size = 0;
  std::uint64_t slots = 0;  // the most that shmmni can be
};

struct KernelUsage {
  std::uint64_t segments = 0;
  std::uint64_t pages = 0;
};

// What set() changes; what is absent stays.
struct PermissionChange {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<Mode> mode;
};

class ShmKernel {
 public:
  ShmKernel() = default;
  ShmKernel(const ShmKernel&) = delete;
  ShmKernel& operator=(const ShmKernel&) = delete;
  ShmKernel(ShmKernel&&) = delete;
  ShmKernel& operator=(ShmKernel&&) = delete;
  virtual ~ShmKernel() = default;

  // Whose rights create, stat, set, remove and attach are made with from now on; null: our own. What they make belongs
  // to it. Borrowed until the next call. They fail with kInternal, nothing done, if it can't be acted as.
  virtual void act_as(const Identity* identity) = 0;

  // Creates a segment of `size` bytes (1 or more), or without `exclusive` opens the one that has `key`. kPrivateKey
  // always creates. Errors: kExists, kSizeMismatch (told before a missing right, with both sizes), kPermissionDenied,
  // kLimitReached (which of SHMMAX, SHMMNI, SHMALL, how much is used, how to raise it), kNoMemory.
  virtual Result<Opened> create(Key key, std::uint64_t size, Mode mode, bool exclusive) = 0;

  // The id that `key` (not kPrivateKey) has now; needs no right. Errors: kNotFound.
  virtual Result<ShmId> find(Key key) = 0;

  // The state of a segment, for a caller with the right to read it. Errors: kNotFound, kPermissionDenied.
  virtual Result<SegmentStat> stat(ShmId shmid) = 0;

  // The same without any right, as /proc/sysvipc/shm shows it to anyone. Errors: kNotFound.
  virtual Result<SegmentStat> look(ShmId shmid) = 0;

  // Every segment, in no particular order, without any right.
  virtual std::vector<SegmentStat> list() = 0;

  // Changes owner, group or permissions. Errors: kNotFound, kPermissionDenied (EPERM), kBadRequest for an owner that
  // the user namespace does not map.
  virtual Result<void> set(ShmId shmid, const PermissionChange& change) = 0;

  // Removes a segment, or marks it if it is attached. Errors: kNotFound, kPermissionDenied (EPERM).
  virtual Result<void> remove(ShmId shmid) = 0;

  // Attaches. Errors: kNotFound, kPermissionDenied (EACCES), kNoMemory.
  virtual Result<std::unique_ptr<Attachment>> attach(ShmId shmid, Access access) = 0;

  [[nodiscard]] virtual KernelLimits limits() = 0;
  [[nodiscard]] virtual KernelUsage usage() = 0;
};

}  // namespace shmbus::agent
