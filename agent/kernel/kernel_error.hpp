// Turns the errno of a failed call on shared memory into an Error, in one place. Other calls use errno_error(). EINVAL
// and ENOSPC mean several things each. The caller passes in the limits and the usage, so that the message can name the
// limit and say how to raise it. No function here makes a system call. Sources: shmget(2), shmop(2), shmctl(2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/kernel/shm_kernel.hpp"
#include "protocol/error.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// The arguments of a shmget(2) that was meant to create a segment and failed.
struct CreateAttempt {
  Key key = kPrivateKey;
  std::uint64_t size = 0;  // bytes
  Mode mode;
};
// Returns the error for such a failure. EINVAL and ENOSPC become kLimitReached with the limit that was hit: SHMMAX,
// SHMALL or SHMMNI. ENOENT becomes kBusy: the segment of the key was removed each time before it could be opened.
[[nodiscard]] Error create_error(int errno_value, const CreateAttempt& attempt, const KernelLimits& limits,
                                 const KernelUsage& usage);

// Returns kExists: the attempt was exclusive, and the key has the segment `existing` already.
[[nodiscard]] Error key_exists(const CreateAttempt& attempt, const SegmentStat& existing);

// Returns kSizeMismatch with both sizes: the segment `existing` is smaller than the attempt asked for.
[[nodiscard]] Error size_mismatch(const CreateAttempt& attempt, const SegmentStat& existing);

// Returns kNotFound: no segment has the key.
[[nodiscard]] Error key_not_found(Key key);

// Returns the error for a failed call on one segment. `action` is a verb, such as "attach". EINVAL, EIDRM and ENOENT
// mean that the segment is gone, and become kNotFound.
[[nodiscard]] Error segment_error(int errno_value, std::string_view action, ShmId shmid);

// Returns kBadRequest: the agent's user namespace does not map the owner that IPC_SET named, such as "uid 5".
[[nodiscard]] Error unmapped_owner(std::string_view owner);

// Returns the error for a copy that stopped after `done` of `length` bytes: kNoMemory for a page that the kernel cannot
// provide (EFAULT, ENOMEM), else kInternal.
[[nodiscard]] Error copy_error(int errno_value, std::uint64_t done, std::uint64_t length);

// Returns kPermissionDenied: a write through a read-only attachment.
[[nodiscard]] Error read_only_attachment();

// Returns kUnsupported: the agent did not attach the segment, because its detach would destroy it
// (kernel.shm_rmid_forced is 1).
[[nodiscard]] Error destroyed_by_detach(ShmId shmid);

// Returns the number of pages for `size` bytes, rounded up.
[[nodiscard]] std::uint64_t pages_of(std::uint64_t size, std::uint64_t page_size);

// Returns whether a segment of `size` more bytes would exceed SHMALL.
[[nodiscard]] bool exceeds_shmall(std::uint64_t size, const KernelLimits& limits, const KernelUsage& usage);

}  // namespace shmbus::agent
