// A ring buffer in which the kernel leaves the perf records of one CPU. Source: perf_event_open(2), "MMAP layout".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Owns the descriptor of a perf event and the mapping of its buffer. The kernel writes records at the head of the ring,
// and read() frees them at the tail. When there is no room, the kernel drops new records. One reader; not thread-safe.
// Move-only; a ring that was moved from can only be destroyed.
class PerfRing {
 public:
  // Maps the buffer of `descriptor`: a control page and `pages` pages of data, a power of two. Errors: kUnsupported.
  [[nodiscard]] static Result<PerfRing> map(UniqueFd descriptor, std::size_t pages);

  PerfRing(PerfRing&& other) noexcept
      : descriptor_(std::move(other.descriptor_)),
        mapping_(std::exchange(other.mapping_, {})),
        was_full_(other.was_full_) {}
  PerfRing& operator=(PerfRing&&) = delete;
  PerfRing(const PerfRing&) = delete;
  PerfRing& operator=(const PerfRing&) = delete;
  ~PerfRing();

  // Calls `each` with every sample in the ring, without its header, and frees the space. The span is valid during the
  // call only. Returns at least how many records the kernel dropped. The kernel reports a loss only with its next
  // record, which may come much later, so a ring that was full counts as one lost record at once.
  std::uint64_t read(const std::function<void(std::span<const std::byte> sample)>& each);

  // Returns the descriptor, still owned by the ring: for epoll(7), and for other events that write into this ring.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  PerfRing(UniqueFd descriptor, std::span<std::byte> mapping) : descriptor_(std::move(descriptor)), mapping_(mapping) {}

  UniqueFd descriptor_;
  std::span<std::byte> mapping_;  // a control page, then the data
  bool was_full_ = false;         // at the end of the last read()
};

}  // namespace shmbus::agent
