// A reserve of memory with which the agent finishes what it has begun.
#pragma once

#include <cstddef>

namespace shmbus::agent {

// An operation that has changed a segment still has to publish the change, remember its outcome and reply. Its
// allocations are small but many, so instead of taking memory for each one in advance, the agent keeps a reserve: when
// an allocation by operator new fails, the reserve is freed and the allocation is tried again. A request that changes
// something begins only while the reserve is there. An allocation that fails even then throws std::bad_alloc as usual.
//
// malloc fails for want of address space (RLIMIT_AS, overcommit), so the reserve is not touched and takes no pages.
// Thread-safe: libzmq's thread allocates too.
class MemoryReserve {
 public:
  static constexpr std::size_t kBytes = std::size_t{4} << 20;

  // Takes the reserve and installs the handler of operator new. Call it once, in main(). Throws std::bad_alloc.
  static void take();

  // Returns whether the reserve is there; if it was used, tries to take it again.
  [[nodiscard]] static bool is_there();
};

}  // namespace shmbus::agent
