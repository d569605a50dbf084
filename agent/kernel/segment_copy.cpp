#include "agent/kernel/segment_copy.hpp"

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/kernel/kernel_error.hpp"

namespace shmbus::agent {
namespace {

// One call for this many pages costs less than a fault for each. For fewer it is wasted if the pages are there already.
constexpr std::size_t kPopulateFrom = std::size_t{64} << 10;

// Has the kernel provide the pages of a range. Returns false with errno if it cannot, EINVAL before Linux 5.14.
bool populate(std::byte* mapping, std::uint64_t offset, std::size_t length, int advice) {
  const std::uint64_t start = offset / page_size() * page_size();
  return ::madvise(mapping + start, offset - start + length, advice) == 0;
}

// Populates a large range. A failure is ignored: this is only for speed, and the copy itself meets a missing page.
void populate_large(std::byte* mapping, std::uint64_t offset, std::size_t length, int advice) {
  if (length >= kPopulateFrom) {
    static_cast<void>(populate(mapping, offset, length, advice));
  }
}

// Lets the kernel copy, because it returns EFAULT where a plain access would raise SIGBUS.
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

std::uint64_t page_size() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

bool may_lack_pages(std::byte* mapping, std::uint64_t size) {
  if (reinterpret_cast<std::uintptr_t>(mapping) % kHugePage != 0) {
    return false;
  }
  // Large segments of ordinary pages are often aligned like this too. madvise can drop an ordinary page, but not a part
  // of a huge page. A segment of one page cannot be tried: the next page may belong to another mapping.
  return size <= page_size() || ::madvise(mapping + page_size(), page_size(), MADV_DONTNEED) != 0;
}

Result<void> copy_from_segment(const Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) {
  if (into.empty()) {
    return {};
  }
  if (mapping.may_lack_pages) {
    return guarded_copy(::process_vm_readv, into.data(), mapping.address + offset, into.size());
  }
  populate_large(mapping.address, offset, into.size(), MADV_POPULATE_READ);
  std::memcpy(into.data(), mapping.address + offset, into.size());
  return {};
}

Result<void> copy_to_segment(const Mapping& mapping, std::uint64_t offset, std::span<const std::byte> from) {
  if (from.empty()) {
    return {};
  }
  if (mapping.may_lack_pages) {
    // Makes a write whole or not at all. If the kernel cannot populate pages (EINVAL), the copy reports missing ones.
    if (!populate(mapping.address, offset, from.size(), MADV_POPULATE_WRITE) && errno != EINVAL) {
      return copy_error(errno, 0, from.size());
    }
    // process_vm_writev only reads the bytes of its local iovec, which has no const form.
    return guarded_copy(::process_vm_writev, const_cast<std::byte*>(from.data()), mapping.address + offset,
                        from.size());
  }
  populate_large(mapping.address, offset, from.size(), MADV_POPULATE_WRITE);
  std::memcpy(mapping.address + offset, from.data(), from.size());
  return {};
}

}  // namespace shmbus::agent
