#include "tests/support/fake_kernel.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <utility>

#include "agent/kernel/kernel_error.hpp"

namespace shmbus::agent {
namespace {

constexpr ShmId kSlots = 32768;
constexpr ShmId kSequences = 65536;
constexpr unsigned kRead = 0444;
constexpr unsigned kReadWrite = 0666;

}  // namespace

FakeKernel::FakeKernel()
    : limits_{.shmmax = std::numeric_limits<std::uint64_t>::max() - (std::uint64_t{1} << 24),
              .shmall = std::numeric_limits<std::uint64_t>::max() - (std::uint64_t{1} << 24),
              .shmmni = 4096,
              .page_size = 4096,
              .slots = 32768},
      uid_(::geteuid()),
      gid_(::getegid()) {}

void FakeKernel::act_as(const Identity* identity) {
  uid_ = identity == nullptr ? ::geteuid() : identity->uid;
  gid_ = identity == nullptr ? ::getegid() : identity->gid;
}

void FakeKernel::fail_next(Error error) { next_failure_ = std::move(error); }

Result<Opened> FakeKernel::create(Key key, std::uint64_t size, Mode mode, bool exclusive) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  const CreateAttempt attempt{key, size, mode};
  const auto fail = [&](int errno_value) { return create_error(errno_value, attempt, limits_, usage()); };
  if (key != kPrivateKey) {
    for (const auto& [shmid, existing] : segments_) {
      if (existing.stat.shm_key != key) {
        continue;
      }
      if (exclusive) {
        return key_exists(attempt, existing.stat);
      }
      if (existing.stat.shm_segsz < size) {
        return size_mismatch(attempt, existing.stat);
      }
      if (!grants(existing.stat, mode.bits)) {
        return fail(EACCES);
      }
      return Opened{shmid, existing.stat.shm_segsz, existing.stat.mode, false};
    }
  }
  if (size == 0 || size > limits_.shmmax) {
    return fail(EINVAL);
  }
  if (exceeds_shmall(size, limits_, usage()) || segments_.size() >= limits_.shmmni) {
    return fail(ENOSPC);
  }
  const ShmId shmid = next_id();
  segments_[shmid].stat = {.shm_key = key,
                           .shm_shmid = shmid,
                           .shm_segsz = size,
                           .uid = uid_,
                           .gid = gid_,
                           .cuid = uid_,
                           .cgid = gid_,
                           .mode = mode,
                           .shm_ctime = std::time(nullptr),
                           .shm_cpid = ::getpid()};
  if (after_create_) {
    after_create_(shmid);
  }
  return Opened{shmid, size, mode, true};
}

Result<ShmId> FakeKernel::find(Key key) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  for (const auto& [shmid, segment] : segments_) {
    if (segment.stat.shm_key == key) {
      return shmid;
    }
  }
  return key_not_found(key);
}

Result<SegmentStat> FakeKernel::stat(ShmId shmid) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  const Segment* const found = segment(shmid);
  if (found == nullptr) {
    return segment_error(EINVAL, "read", shmid);
  }
  if (!grants(found->stat, kRead)) {
    return segment_error(EACCES, "read", shmid);
  }
  return found->stat;
}

Result<SegmentStat> FakeKernel::stat_any(ShmId shmid) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  const Segment* const found = segment(shmid);
  if (found == nullptr) {
    return segment_error(EINVAL, "read", shmid);
  }
  return found->stat;
}

std::vector<SegmentStat> FakeKernel::list() {
  ++lists_;
  std::vector<SegmentStat> segments;
  for (const auto& [shmid, segment] : segments_) {
    segments.push_back(segment.stat);
  }
  return segments;
}

Result<void> FakeKernel::set(ShmId shmid, const PermissionChange& change) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  Segment* const found = segment(shmid);
  if (found == nullptr) {
    return segment_error(EINVAL, "change", shmid);
  }
  SegmentStat& stat = found->stat;
  if (!owns(stat)) {
    return segment_error(EPERM, "change", shmid);
  }
  stat.uid = change.uid.value_or(stat.uid);
  stat.gid = change.gid.value_or(stat.gid);
  stat.mode = change.mode.value_or(stat.mode);
  stat.shm_ctime = std::time(nullptr);
  return {};
}

Result<void> FakeKernel::remove(ShmId shmid) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  Segment* const found = segment(shmid);
  if (found == nullptr) {
    return segment_error(EINVAL, "remove", shmid);
  }
  if (!owns(found->stat)) {
    return segment_error(EPERM, "remove", shmid);
  }
  if (found->stat.shm_nattch == 0) {
    segments_.erase(shmid);
  } else {
    found->stat.marked = true;
    found->stat.shm_key = kPrivateKey;
  }
  return {};
}

Result<Attachment> FakeKernel::attach(ShmId shmid, Access access) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  Segment* const found = segment(shmid);
  if (found == nullptr) {
    return segment_error(EINVAL, "attach", shmid);
  }
  SegmentStat& stat = found->stat;
  if (!grants(stat, access == Access::kReadOnly ? kRead : kReadWrite)) {
    return segment_error(EACCES, "attach", shmid);
  }
  if (last_detach_destroys_ && stat.shm_nattch == 0) {
    return destroyed_by_detach(shmid);
  }
  if (found->bytes.max_size() < stat.shm_segsz) {
    return segment_error(ENOMEM, "attach", shmid);
  }
  found->bytes.resize(stat.shm_segsz);
  ++stat.shm_nattch;
  stat.shm_atime = std::time(nullptr);
  stat.shm_lpid = ::getpid();
  return Attachment(*this, {.shmid = shmid, .address = found->bytes.data(), .size = stat.shm_segsz, .access = access});
}

Result<void> FakeKernel::copy_out(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  std::copy_n(mapping.address + offset, into.size(), into.begin());
  return {};
}

Result<void> FakeKernel::copy_in(const Mapping& mapping, std::uint64_t offset, std::span<const std::byte> from) {
  if (auto failure = take_failure()) {
    return *failure;
  }
  if (mapping.access == Access::kReadOnly) {
    return read_only_attachment();
  }
  std::copy(from.begin(), from.end(), mapping.address + offset);
  return {};
}

void FakeKernel::detach(const Mapping& mapping) noexcept {
  SegmentStat& stat = segment(mapping.shmid)->stat;  // an attached segment is at most marked, so it exists
  --stat.shm_nattch;
  stat.shm_dtime = std::time(nullptr);
  stat.shm_lpid = ::getpid();
  if ((stat.marked || last_detach_destroys_) && stat.shm_nattch == 0) {
    segments_.erase(mapping.shmid);
  }
}

std::optional<Error> FakeKernel::take_failure() { return std::exchange(next_failure_, std::nullopt); }

KernelUsage FakeKernel::usage() {
  KernelUsage usage{.segments = segments_.size()};
  for (const auto& [shmid, segment] : segments_) {
    usage.pages += pages_of(segment.stat.shm_segsz, limits_.page_size);
  }
  return usage;
}

FakeKernel::Segment* FakeKernel::segment(ShmId shmid) {
  const auto found = segments_.find(shmid);
  return found == segments_.end() ? nullptr : &found->second;
}

// Follows ipcperms() in the kernel's ipc/util.c: the rights wanted, in whichever class's bits, are checked against
// those of the caller's class.
bool FakeKernel::grants(const SegmentStat& stat, unsigned wanted) const {
  unsigned granted = stat.mode.bits;
  if (uid_ == stat.uid || uid_ == stat.cuid) {
    granted >>= 6;
  } else if (gid_ == stat.gid || gid_ == stat.cgid) {
    granted >>= 3;
  }
  const unsigned rights = (wanted >> 6 | wanted >> 3 | wanted) & 7U;
  return uid_ == 0 || (rights & ~granted) == 0;
}

bool FakeKernel::owns(const SegmentStat& stat) const { return uid_ == 0 || uid_ == stat.uid || uid_ == stat.cuid; }

// Follows ipc_idr_alloc(): takes the next free slot in order. The slots start over after at least 64 of them, and the
// sequence number grows by one then.
ShmId FakeKernel::next_id() {
  const auto taken = [&](ShmId candidate) {
    return std::any_of(segments_.begin(), segments_.end(),
                       [&](const auto& entry) { return entry.first % kSlots == candidate; });
  };
  const auto turn = static_cast<ShmId>(std::max<std::size_t>(64, segments_.size() * 3 / 2));
  do {
    ++last_slot_;
    if (last_slot_ >= turn) {
      last_slot_ = 0;
      sequence_ = (sequence_ + 1) % kSequences;
    }
  } while (taken(last_slot_));
  return sequence_ * kSlots + last_slot_;
}

}  // namespace shmbus::agent
