// A seam between the agent and the kernel: the calls on System V shared memory that the agent needs, in its own words.
// SysvKernel is the real one; tests/support/fake_kernel.hpp is its in-memory twin. One conformance suite runs on both.
//
// Threads: one at a time. Errors are values with errno and a message that has the facts; see kernel_error.hpp.
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

// A segment that is mapped in this process. An Attachment owns the mapping. `file` is the same segment as an open file,
// if the kernel object has opened one (see segment_file.hpp).
struct Mapping {
  ShmId shmid = 0;
  std::byte* address = nullptr;
  std::uint64_t size = 0;  // shm_segsz, bytes
  Access access = Access::kReadOnly;
  bool may_lack_pages = false;  // touching a page may raise SIGBUS
  UniqueFd file = {};
};

// An owner of one attachment of this process to a segment, or of none; the destructor detaches. Move-only. The
// ShmKernel that made it must outlive it. Bounds are the caller's to check: offset + length must be at most size(). If
// a page cannot be provided (huge pages without reservation), a copy returns kNoMemory with the number of bytes copied
// in the message.
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

  // Detaches now. The object then owns no attachment, and a second call does nothing.
  void detach() noexcept;

  // Returns shm_segsz in bytes, 0 without an attachment.
  [[nodiscard]] std::uint64_t size() const { return mapping_.size; }

  // Copies bytes from or to the segment. Requires an attachment. If the kernel allows it, a large read does not
  // allocate pages that nobody has touched. Errors: kNoMemory, see above; kPermissionDenied for a write through a
  // read-only attachment.
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> into);
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> from);

 private:
  ShmKernel* kernel_ = nullptr;
  Mapping mapping_;
};

// A segment that create() made or opened, with its size in bytes. A new one has the size and mode that were asked for.
struct Opened {
  ShmId shmid = 0;
  std::uint64_t shm_segsz = 0;
  Mode mode;
  bool created = false;
};

// The limits of this IPC namespace, see shmctl(2) on IPC_INFO.
struct KernelLimits {
  std::uint64_t shmmax = 0;  // bytes in one segment
  std::uint64_t shmall = 0;  // pages in all
  std::uint64_t shmmni = 0;  // segments
  std::uint64_t page_size = 0;
  std::uint64_t slots = 0;  // the most that shmmni can be
};

// The sum over all segments of this IPC namespace. Pages count whether or not anybody has touched them.
struct KernelUsage {
  std::uint64_t segments = 0;
  std::uint64_t pages = 0;
};

// A change to a segment's owner, group or permissions. Absent fields stay as they are.
struct PermissionChange {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<Mode> mode;
};

// The calls that an implementation provides. Ids are plain values, because segments outlive the agent and any process
// can remove one at any time: an id that was found may be gone, or reused, by the next call. create, stat, set, remove
// and attach need rights, and use those of act_as(). The other calls need none.
class ShmKernel {
 public:
  ShmKernel() = default;
  ShmKernel(const ShmKernel&) = delete;
  ShmKernel& operator=(const ShmKernel&) = delete;
  ShmKernel(ShmKernel&&) = delete;
  ShmKernel& operator=(ShmKernel&&) = delete;
  virtual ~ShmKernel() = default;

  // Sets the identity for the calls that need rights; null is the agent's own. A segment that create() makes belongs to
  // it. Borrows `identity` until the next act_as(). If the switch fails, those calls fail as Credentials::run_as()
  // does, and nothing is done.
  virtual void act_as(const Identity* identity) = 0;

  // Creates a segment of `size` bytes (1 or more). Without `exclusive`, opens the segment that has `key` if there is
  // one. kPrivateKey always creates. Errors: kExists; kSizeMismatch with both sizes, which takes precedence over
  // kPermissionDenied; kLimitReached (SHMMAX, SHMMNI or SHMALL, how much is used, how to raise it); kNoMemory; kBusy if
  // the segment of the key comes and goes too fast to be opened.
  virtual Result<Opened> create(Key key, std::uint64_t size, Mode mode, bool exclusive) = 0;

  // Returns the id that `key` has at this moment. Requires a key other than kPrivateKey. Errors: kNotFound.
  virtual Result<ShmId> find(Key key) = 0;

  // Returns the state of a segment if the identity may read it. Errors: kNotFound, kPermissionDenied.
  virtual Result<SegmentStat> stat(ShmId shmid) = 0;

  // Returns the same without any right, as /proc/sysvipc/shm shows it to everyone. Errors: kNotFound.
  virtual Result<SegmentStat> stat_any(ShmId shmid) = 0;

  // Returns the state of every segment, in no particular order. They are read one by one, so this is no snapshot.
  virtual std::vector<SegmentStat> list() = 0;

  // Changes owner, group or permissions. Absent fields are read first and written back with the others, because IPC_SET
  // sets all three. Errors: kNotFound, kPermissionDenied (EPERM), kBadRequest for an owner that is not mapped.
  virtual Result<void> set(ShmId shmid, const PermissionChange& change) = 0;

  // Removes a segment. An attached one is only marked; the kernel destroys it with its last attachment. Errors:
  // kNotFound, kPermissionDenied (EPERM).
  virtual Result<void> remove(ShmId shmid) = 0;

  // Attaches a segment at an address of the kernel's choice; see Attachment for its lifetime. Errors: kNotFound,
  // kPermissionDenied (EACCES), kNoMemory; kUnsupported if no process has it attached and last_detach_destroys().
  virtual Result<Attachment> attach(ShmId shmid, Access access) = 0;

  // Returns whether the kernel destroys a segment with its last attachment, and one without attachments with its
  // creator: kernel.shm_rmid_forced (proc(5)) of this IPC namespace, read anew at each call.
  [[nodiscard]] virtual bool last_detach_destroys() = 0;

  // Returns whether that setting can be read here. If not, last_detach_destroys() returns false.
  [[nodiscard]] virtual bool knows_last_detach() = 0;

  // Returns the current limits and the current usage.
  [[nodiscard]] virtual KernelLimits limits() = 0;
  [[nodiscard]] virtual KernelUsage usage() = 0;

 private:
  friend class Attachment;  // the only caller of the functions below
  // copy_out() may open the file of `mapping` and leave it open for the next read.
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
