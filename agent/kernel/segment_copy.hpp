// Copies bytes between a mapped segment and the agent's own memory. A large range is populated first: one madvise(2)
// costs less than a fault per page. Huge pages can run out; where a page may be missing, the kernel makes the copy
// (process_vm_readv(2)), so that the result is an error and not SIGBUS. Bounds are the caller's to check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/kernel/shm_kernel.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The smallest huge page of the machine, in bytes.
#ifdef __x86_64__
inline constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
#else
inline constexpr std::uintptr_t kHugePage = std::uintptr_t{64} << 10;
#endif
// Returns the size of an ordinary page, in bytes.
[[nodiscard]] std::uint64_t page_size();

// Returns whether touching a page of the segment that was just attached at `mapping` may raise SIGBUS. That is so for
// huge pages without reservation. `size` is shm_segsz. In rare cases it returns true for other segments too, and copies
// are merely slower.
[[nodiscard]] bool may_lack_pages(std::byte* mapping, std::uint64_t size);

// Fills `into` with the bytes of the segment at `offset`. Errors: kNoMemory if a page cannot be provided. The message
// has the number of bytes copied until then, and `into` holds them.
[[nodiscard]] Result<void> copy_from_segment(const Mapping& mapping, std::uint64_t offset, std::span<std::byte> into);

// Writes `from` to the segment at `offset`. Requires a mapping that is not read-only. Errors: kNoMemory. If the kernel
// can populate pages (Linux 5.14), the error comes before the first byte is written.
[[nodiscard]] Result<void> copy_to_segment(const Mapping& mapping, std::uint64_t offset,
                                           std::span<const std::byte> from);

}  // namespace shmbus::agent
