// Copies between a mapped segment and memory of ours. Pages that may be missing are provided before they are touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "protocol/result.hpp"

namespace shmbus::agent {

// Fills `into` with the bytes at `offset` of the segment mapped at `mapping`, which has as many. Errors: kNoMemory with
// the number of bytes done, for pages that can't be had.
[[nodiscard]] Result<void> copy_from_segment(std::byte* mapping, std::uint64_t offset, std::span<std::byte> into);

// Writes `from` there. Errors: kNoMemory, before the first byte where the kernel can provide pages (since 5.14).
[[nodiscard]] Result<void> copy_to_segment(std::byte* mapping, std::uint64_t offset, std::span<const std::byte> from);

}  // namespace shmbus::agent
