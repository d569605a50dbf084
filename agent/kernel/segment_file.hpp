// Reads a mapped segment as a file. Unlike a copy from memory, this returns zeros for pages that nobody has touched,
// and allocates none of them. Requires CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE in the initial user namespace. Source:
// proc(5), /proc/PID/map_files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

// Opens the files of mappings and counts those that stay open. An open file belongs to its Mapping and closes with it.
// The first open that fails for lack of rights is the last one tried. Not thread-safe.
class SegmentFiles {
 public:
  // A read of at least this many bytes opens the file; opening takes some 20 us. An open file serves smaller reads too.
  static constexpr std::size_t kOpenFrom = std::size_t{64} << 10;  // bytes
  // The number of mappings that keep their file open, each one descriptor. Others open it for each large read.
  static constexpr std::size_t kMostKept = 16;

  // Fills `into` with the bytes of the segment at `offset`; bounds are the caller's to check. Returns false if the file
  // cannot be read or is not worth opening. The content of `into` is then undefined, and the caller copies from memory.
  [[nodiscard]] bool read(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into);

  // Takes the mapping out of the count. Must be called once before a mapping ends.
  void closes_with(const Mapping& mapping) noexcept { kept_ -= mapping.file ? 1 : 0; }

 private:
  [[nodiscard]] UniqueFd open(const Mapping& mapping);

  std::size_t kept_ = 0;
  bool allowed_ = true;
};

}  // namespace shmbus::agent
