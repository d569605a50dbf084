#include "agent/kernel/segment_copy.hpp"

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/kernel/kernel_error.hpp"

namespace shmbus::agent {
namespace {

constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;  // the smallest there is on x86

// One call for so many pages costs less than a fault for each; for fewer it is wasted where they are there already.
constexpr std::size_t kPopulateFrom = std::size_t{64} << 10;

// A page of a huge-page segment without reservation may be missing: touching it raises SIGBUS. Such a mapping is
// aligned to huge pages, few others are, and for those the guarded copy is merely slower.
bool may_fault(const std::byte* mapping) { return reinterpret_cast<std::uintptr_t>(mapping) % kHugePage == 0; }

// Has the kernel provide the pages of a range. False with errno if it can't; EINVAL before Linux 5.14.
bool populate(std::byte* mapping, std::uint64_t offset, std::size_t length, int advice) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t start = offset / page * page;
  return ::madvise(mapping + start, offset - start + length, advice) == 0;
}

// Populates a large range, as a matter of speed alone: touching the pages tells what is wrong with them.
void populate_large(std::byte* mapping, std::uint64_t offset, std::size_t length, int advice) {
  if (length >= kPopulateFrom) {
    static_cast<void>(populate(mapping, offset, length, advice));
  }
}

// Lets the kernel copy, which answers EFAULT instead of raising a signal.
Result<void> guarded_copy(decltype(&::process_vm_readv) copy, std::byte* ours, std::byte* segment, std::size_t length) {
  std::size_t done = 0;
  while (done < length) {
    const iovec local{ours + done, length - done};
    const iovec remote{segment + done, length - done};
    const ssize_t count = copy(::getpid(), &local, 1, &remote, 1, 0);
    if (count <= 0) {
      return copy_error(count < 0 ? errno : EFAULT, done, length);
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace

Result<void> copy_from_segment(std::byte* mapping, std::uint64_t offset, std::span<std::byte> into) {
  if (into.empty()) {
    return {};
  }
  if (may_fault(mapping)) {
    return guarded_copy(::process_vm_readv, into.data(), mapping + offset, into.size());
  }
  populate_large(mapping, offset, into.size(), MADV_POPULATE_READ);
  std::memcpy(into.data(), mapping + offset, into.size());
  return {};
}

Result<void> copy_to_segment(std::byte* mapping, std::uint64_t offset, std::span<const std::byte> from) {
  if (from.empty()) {
    return {};
  }
  if (may_fault(mapping)) {
    // So that a write happens whole or not at all. A kernel that can't provide pages tells by writing.
    if (!populate(mapping, offset, from.size(), MADV_POPULATE_WRITE) && errno != EINVAL) {
      return copy_error(errno, 0, from.size());
    }
    // writev only reads what its local iovec points to, which has no const form.
    return guarded_copy(::process_vm_writev, const_cast<std::byte*>(from.data()), mapping + offset, from.size());
  }
  populate_large(mapping, offset, from.size(), MADV_POPULATE_WRITE);
  std::memcpy(mapping + offset, from.data(), from.size());
  return {};
}

}  // namespace shmbus::agent
