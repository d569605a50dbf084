// One CPU's ring buffer of perf records. Source: perf_event_open(2), "MMAP layout".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "agent/kernel/unique_fd.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Owns the descriptor and its mapping. One reader.
class PerfRing {
 public:
  // `pages` is a power of two. Errors: kUnsupported.
  [[nodiscard]] static Result<PerfRing> map(UniqueFd descriptor, std::size_t pages);

  PerfRing(PerfRing&& other) noexcept
      : descriptor_(std::move(other.descriptor_)), mapping_(std::exchange(other.mapping_, {})) {}
  PerfRing& operator=(PerfRing&&) = delete;
  PerfRing(const PerfRing&) = delete;
  PerfRing& operator=(const PerfRing&) = delete;
  ~PerfRing();

  // Hands over each record that is there, as its type (PERF_RECORD_…) and what follows the header, and frees it.
  void read(const std::function<void(std::uint32_t type, std::span<const std::byte> body)>& each);

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  PerfRing(UniqueFd descriptor, std::span<std::byte> mapping) : descriptor_(std::move(descriptor)), mapping_(mapping) {}

  UniqueFd descriptor_;
  std::span<std::byte> mapping_;  // a control page, then the data
};

}  // namespace shmbus::agent
