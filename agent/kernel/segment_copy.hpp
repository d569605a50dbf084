// Copies between a mapped segment and memory of ours. Pages that may be missing are provided before they are touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/kernel/shm_kernel.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The smallest huge page of the machine, and its ordinary page, in bytes.
#ifdef __x86_64__
inline constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
#else
inline constexpr std::uintptr_t kHugePage = std::uintptr_t{64} << 10;
#endif
[[nodiscard]] std::uint64_t page_size();

// Whether touching a page of what was just attached at `mapping` may raise SIGBUS: so it is with huge pages without
// reservation. `size` is shm_segsz. Rarely true of others, for which a copy is then merely slower.
[[nodiscard]] bool may_lack_pages(std::byte* mapping, std::uint64_t size);

// Fills `into` with the bytes at `offset` of the mapped segment, which has as many. Errors: kNoMemory with the number
// of bytes done, for pages that can't be had.
[[nodiscard]] Result<void> copy_from_segment(const Mapping& mapping, std::uint64_t offset, std::span<std::byte> into);

// Writes `from` there. Errors: kNoMemory, before the first byte where the kernel can provide pages (since 5.14).
[[nodiscard]] Result<void> copy_to_segment(const Mapping& mapping, std::uint64_t offset,
                                           std::span<const std::byte> from);

}  // namespace shmbus::agent
