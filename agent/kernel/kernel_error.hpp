// From the errno of a call on shared memory to an Error, in one place; other calls have errno_error(). What errno
// leaves open (EINVAL and ENOSPC mean several things each) the caller finds out and passes in, so that the message can
// give the facts. Sources: shmget(2), shmop(2), shmctl(2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/kernel/shm_kernel.hpp"
#include "protocol/error.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// A failed shmget that was to create.
struct CreateAttempt {
  Key key = kPrivateKey;
  std::uint64_t size = 0;  // bytes
  Mode mode;
};
[[nodiscard]] Error create_error(int errno_value, const CreateAttempt& attempt, const KernelLimits& limits,
                                 const KernelUsage& usage);

// The key's segment is there, and the attempt was exclusive.
[[nodiscard]] Error key_exists(const CreateAttempt& attempt, const SegmentStat& existing);

// The key's segment is smaller than what was asked for.
[[nodiscard]] Error size_mismatch(const CreateAttempt& attempt, const SegmentStat& existing);

[[nodiscard]] Error key_not_found(Key key);

// A failed call on one segment; `action` is a verb: "attach". EINVAL and EIDRM mean that the segment is gone.
[[nodiscard]] Error segment_error(int errno_value, std::string_view action, ShmId shmid);

// IPC_SET to an owner that the user namespace does not map; `owner` is "uid 5" or the like.
[[nodiscard]] Error unmapped_owner(std::string_view owner);

// A copy that stopped after `done` of `length` bytes.
[[nodiscard]] Error copy_error(int errno_value, std::uint64_t done, std::uint64_t length);

// A write through a read-only attachment.
[[nodiscard]] Error read_only_attachment();

// An attachment that was not made, because the segment would go with it: kernel.shm_rmid_forced is 1.
[[nodiscard]] Error destroyed_by_detach(ShmId shmid);

// The pages that `size` bytes take.
[[nodiscard]] std::uint64_t pages_of(std::uint64_t size, std::uint64_t page_size);

// True if `size` more bytes exceed SHMALL.
[[nodiscard]] bool exceeds_shmall(std::uint64_t size, const KernelLimits& limits, const KernelUsage& usage);

}  // namespace shmbus::agent
