// The seam to the kernel: what the agent needs of System V shared memory, in its own words. SysvKernel is the real
// one; tests/support/fake_kernel.hpp is its twin in memory. One conformance suite runs on both.
// Threads: one at a time. Errors carry errno and a message with the facts; see kernel_error.hpp.
// Sources: shmget(2), shmop(2), shmctl(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/kernel/credentials.hpp"
#include "protocol/result.hpp"
#include "protocol/segment.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

enum class Access : std::uint8_t { kReadOnly, kReadWrite };

class ShmKernel;

// Where a segment is mapped in this process. `file` is the same segment as a file, where the kernel that made the
// mapping has opened it.
struct Mapping {
  ShmId shmid = 0;
  std::byte* address = nullptr;
  std::uint64_t size = 0;  // shm_segsz, bytes
  Access access = Access::kReadOnly;
  bool may_lack_pages = false;  // touching a page may raise SIGBUS
  UniqueFd file = {};
};

// One attachment of this process to one segment, or none; the destructor detaches. The kernel that made it must outlive
// it. Bounds are the caller's to keep: offset + length must be at most size(). The copies survive a page that cannot be
// had (huge pages without reservation) and then tell kNoMemory with the number of bytes done in the message.
class Attachment {
 public:
  Attachment() = default;
  Attachment(ShmKernel& kernel, Mapping mapping) : kernel_(&kernel), mapping_(std::move(mapping)) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  Attachment(Attachment&& other) noexcept
      : kernel_(std::exchange(other.kernel_, nullptr)), mapping_(std::exchange(other.mapping_, {})) {}
  Attachment& operator=(Attachment&& other) noexcept {
    if (this != &other) {
      detach();
      kernel_ = std::exchange(other.kernel_, nullptr);
      mapping_ = std::exchange(other.mapping_, {});
    }
    return *this;
  }
  ~Attachment() { detach(); }

  // Lets go; from then on it is none.
  void detach() noexcept;

  [[nodiscard]] std::uint64_t size() const { return mapping_.size; }

  // Requires an attachment. Where the kernel allows it, a large read makes no pages of those that nobody has touched.
  // Errors: kNoMemory as above; kPermissionDenied for a write through a read-only one.
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> into);
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> from);

 private:
  ShmKernel* kernel_ = nullptr;
  Mapping mapping_;
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
  virtual Result<SegmentStat> stat_any(ShmId shmid) = 0;

  // Every segment, in no particular order, without any right.
  virtual std::vector<SegmentStat> list() = 0;

  // Changes owner, group or permissions. Errors: kNotFound, kPermissionDenied (EPERM), kBadRequest for an owner that
  // the user namespace does not map.
  virtual Result<void> set(ShmId shmid, const PermissionChange& change) = 0;

  // Removes a segment, or marks it if it is attached. Errors: kNotFound, kPermissionDenied (EPERM).
  virtual Result<void> remove(ShmId shmid) = 0;

  // Attaches. Errors: kNotFound, kPermissionDenied (EACCES), kNoMemory; kUnsupported if nobody has it attached and
  // last_detach_destroys().
  virtual Result<Attachment> attach(ShmId shmid, Access access) = 0;

  // True if the kernel destroys a segment with its last attachment, and what nobody has attached with its creator:
  // kernel.shm_rmid_forced (proc(5)) of this IPC namespace, as it is now.
  [[nodiscard]] virtual bool last_detach_destroys() = 0;

  // False if that can't be asked here; it is then taken not to be so.
  [[nodiscard]] virtual bool knows_last_detach() = 0;

  [[nodiscard]] virtual KernelLimits limits() = 0;
  [[nodiscard]] virtual KernelUsage usage() = 0;

 private:
  friend class Attachment;  // which these are for
  virtual Result<void> copy_out(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) = 0;
  virtual Result<void> copy_in(const Mapping& mapping, std::uint64_t offset, std::span<const std::byte> from) = 0;
  virtual void detach(const Mapping& mapping) noexcept = 0;
};

inline void Attachment::detach() noexcept {
  if (kernel_ != nullptr) {
    std::exchange(kernel_, nullptr)->detach(std::exchange(mapping_, {}));
  }
}

inline Result<void> Attachment::read(std::uint64_t offset, std::span<std::byte> into) {
  return kernel_->copy_out(mapping_, offset, into);
}

inline Result<void> Attachment::write(std::uint64_t offset, std::span<const std::byte> from) {
  return kernel_->copy_in(mapping_, offset, from);
}

}  // namespace shmbus::agent
