#include "agent/kernel/kernel_error.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kMostShmmax =
    std::numeric_limits<std::uint64_t>::max() - (std::uint64_t{1} << 24);  // ULONG_MAX - 2^24

std::string bytes(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes"); }

std::string segment_of(ShmId shmid) { return "segment " + std::to_string(shmid); }

std::string segment_of_key(Key key) { return "the segment of key " + std::to_string(key); }

Error too_big(const CreateAttempt& attempt, const KernelLimits& limits) {
  if (attempt.size <= limits.shmmax) {
    return {ErrorCode::kLimitReached, "the kernel cannot create a segment of " + bytes(attempt.size), {}, EINVAL};
  }
  return {ErrorCode::kLimitReached, "a segment of " + bytes(attempt.size) + " exceeds SHMMAX, " + bytes(limits.shmmax),
          attempt.size > kMostShmmax ? "SHMMAX cannot be raised that far"
                                     : "to raise SHMMAX: sysctl -w kernel.shmmax=" + std::to_string(attempt.size),
          EINVAL};
}

Error no_room(const CreateAttempt& attempt, const KernelLimits& limits, const KernelUsage& usage) {
  if (attempt.size > kMostShmmax) {  // ENOSPC can also mean that the size in whole pages overflows
    return too_big(attempt, limits);
  }
  if (exceeds_shmall(attempt.size, limits, usage)) {
    const std::uint64_t pages = pages_of(attempt.size, limits.page_size);
    return {ErrorCode::kLimitReached,
            "a segment of " + bytes(attempt.size) + " takes " + std::to_string(pages) + " pages, but " +
                std::to_string(usage.pages) + " of SHMALL's " + std::to_string(limits.shmall) + " pages are in use",
            "remove segments, or raise SHMALL: sysctl -w kernel.shmall=" + std::to_string(usage.pages + pages), ENOSPC};
  }
  const std::uint64_t more = std::min(std::max(2 * limits.shmmni, usage.segments + 1), limits.slots);
  return {ErrorCode::kLimitReached,
          std::to_string(usage.segments) + " of SHMMNI's " + std::to_string(limits.shmmni) + " segments are in use",
          more > limits.shmmni ? "remove segments, or raise SHMMNI: sysctl -w kernel.shmmni=" + std::to_string(more)
                               : "remove segments; SHMMNI is at the maximum of this kernel",
          ENOSPC};
}

}  // namespace

Error create_error(int errno_value, const CreateAttempt& attempt, const KernelLimits& limits,
                   const KernelUsage& usage) {
  switch (errno_value) {
    case EACCES:
      return {ErrorCode::kPermissionDenied,
              segment_of_key(attempt.key) + " does not grant this caller the permissions of mode " +
                  std::to_string(mode_digits(attempt.mode)),
              "request a mode with fewer permissions; the other operations need no mode", EACCES};
    case ENOENT:
      return {ErrorCode::kBusy, segment_of_key(attempt.key) + " was removed and recreated too often to be opened",
              "try again", ENOENT};
    case EINVAL:
      return too_big(attempt, limits);
    case ENOSPC:
      return no_room(attempt, limits, usage);
    case ENOMEM:
      return {ErrorCode::kNoMemory, "the kernel is out of memory for a segment of " + bytes(attempt.size), {}, ENOMEM};
    case ENFILE:
      return {ErrorCode::kLimitReached, "the system-wide limit on open files is reached",
              "to raise the limit: sysctl -w fs.file-max=...", ENFILE};
    default:
      return errno_error(errno_value, "cannot create a segment of " + bytes(attempt.size), ErrorCode::kInternal);
  }
}

Error key_exists(const CreateAttempt& attempt, const SegmentStat& existing) {
  return {ErrorCode::kExists,
          "key " + std::to_string(attempt.key) + " already belongs to segment " + std::to_string(existing.shm_shmid) +
              " (" + bytes(existing.shm_segsz) + ")",
          {},
          EEXIST};
}

Error size_mismatch(const CreateAttempt& attempt, const SegmentStat& existing) {
  return {ErrorCode::kSizeMismatch,
          segment_of_key(attempt.key) + " has " + bytes(existing.shm_segsz) + ", less than the " + bytes(attempt.size) +
              " requested",
          "request at most " + bytes(existing.shm_segsz) + ", or remove the segment first", EINVAL};
}

Error key_not_found(Key key) { return {ErrorCode::kNotFound, "no segment has key " + std::to_string(key), {}, ENOENT}; }

Error segment_error(int errno_value, std::string_view action, ShmId shmid) {
  switch (errno_value) {
    case EINVAL:
    case EIDRM:
    case ENOENT:
      return {ErrorCode::kNotFound, "no segment has shmid " + std::to_string(shmid), {}, errno_value};
    case EACCES:
      return {ErrorCode::kPermissionDenied,
              segment_of(shmid) + " does not allow this caller to " + std::string(action) + " it",
              {},
              EACCES};
    case EPERM:
      return {ErrorCode::kPermissionDenied,
              "only its owner, its creator or root may " + std::string(action) + " " + segment_of(shmid),
              {},
              EPERM};
    case ENOMEM:
      return {
          ErrorCode::kNoMemory, "not enough memory to " + std::string(action) + " " + segment_of(shmid), {}, ENOMEM};
    default:
      return errno_error(errno_value, "cannot " + std::string(action) + " " + segment_of(shmid), ErrorCode::kInternal);
  }
}

Error unmapped_owner(std::string_view owner) {
  return {ErrorCode::kBadRequest, "the agent's user namespace does not map " + std::string(owner),
          "see /proc/self/uid_map and gid_map of the agent", EINVAL};
}

Error copy_error(int errno_value, std::uint64_t done, std::uint64_t length) {
  const std::string progress = std::to_string(done) + " of " + bytes(length);
  if (errno_value == EFAULT || errno_value == ENOMEM) {
    return {ErrorCode::kNoMemory, "a page of the segment could not be provided; copied " + progress,
            "there may be no free huge pages: see /proc/meminfo", errno_value};
  }
  return errno_error(errno_value, "the copy stopped after " + progress, ErrorCode::kInternal);
}

Error read_only_attachment() {
  return {ErrorCode::kPermissionDenied, "the attachment is read-only", "attach without read_only to write", EACCES};
}

Error destroyed_by_detach(ShmId shmid) {
  return {
      ErrorCode::kUnsupported,
      segment_of(shmid) + " has no attachment, and kernel.shm_rmid_forced is 1: the agent's detach would destroy it",
      "keep it attached in another process, or run sysctl -w kernel.shm_rmid_forced=0"};
}

std::uint64_t pages_of(std::uint64_t size, std::uint64_t page_size) {
  return size / page_size + (size % page_size == 0 ? 0 : 1);
}

bool exceeds_shmall(std::uint64_t size, const KernelLimits& limits, const KernelUsage& usage) {
  return usage.pages > limits.shmall || pages_of(size, limits.page_size) > limits.shmall - usage.pages;
}

}  // namespace shmbus::agent
