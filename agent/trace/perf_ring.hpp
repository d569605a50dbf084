// One CPU's ring buffer of perf records. Source: perf_event_open(2), "MMAP layout".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Owns the descriptor and its mapping. One reader.
class PerfRing {
 public:
  // `pages` is a power of two. Errors: kUnsupported.
  [[nodiscard]] static Result<PerfRing> map(UniqueFd descriptor, std::size_t pages);

  PerfRing(PerfRing&& other) noexcept
      : descriptor_(std::move(other.descriptor_)),
        mapping_(std::exchange(other.mapping_, {})),
        was_full_(other.was_full_) {}
  PerfRing& operator=(PerfRing&&) = delete;
  PerfRing(const PerfRing&) = delete;
  PerfRing& operator=(const PerfRing&) = delete;
  ~PerfRing();

  // Hands over what follows the header of each sample that is there, and frees it. Returns how many the kernel had no
  // room for, at least. It says so itself only with the next record, which may be long in coming: a ring that was full
  // counts as one lost.
  std::uint64_t read(const std::function<void(std::span<const std::byte> sample)>& each);

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  PerfRing(UniqueFd descriptor, std::span<std::byte> mapping) : descriptor_(std::move(descriptor)), mapping_(mapping) {}

  UniqueFd descriptor_;
  std::span<std::byte> mapping_;  // a control page, then the data
  bool was_full_ = false;         // until it was last read
};

}  // namespace shmbus::agent
