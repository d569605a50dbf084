// Reads a mapped segment as a file. Unlike a copy from memory that gives zeros for pages that nobody has touched, and
// makes no page of them. It takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE of the initial user namespace.
// Source: proc(5), /proc/PID/map_files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

// One thread.
class SegmentFiles {
 public:
  // Reads from which on the file is opened, which takes some 20 us.
  static constexpr std::size_t kOpenFrom = std::size_t{64} << 10;  // bytes
  // Mappings that keep their file for the next read; each is a descriptor. Others open it again.
  static constexpr std::size_t kMostKept = 16;

  // Fills `into` with the bytes at `offset`, which the segment has. Returns false, with anything in `into`, if that
  // can't be done or does not pay.
  [[nodiscard]] bool read(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into);

  // To be called before a mapping ends.
  void closes_with(const Mapping& mapping) noexcept { kept_ -= mapping.file ? 1 : 0; }

 private:
  [[nodiscard]] UniqueFd open(const Mapping& mapping);

  std::size_t kept_ = 0;
  bool allowed_ = true;
};

}  // namespace shmbus::agent
