#include "agent/trace/perf_ring.hpp"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace shmbus::agent {
namespace {

constexpr std::size_t kMostRecordBytes = 1024;  // the traced ones have about 100

// The kernel writes the head in the control page; this process writes the tail.
std::uint64_t load_head(perf_event_mmap_page* page) {
  const std::atomic_ref<__u64> head(page->data_head);
  return head.load(std::memory_order_acquire);
}

void store_tail(perf_event_mmap_page* page, std::uint64_t value) {
  const std::atomic_ref<__u64> tail(page->data_tail);
  tail.store(value, std::memory_order_release);
}

// Copies bytes that may wrap around the end of `ring`.
void copy_out(std::span<const std::byte> ring, std::uint64_t from, std::span<std::byte> into) {
  const std::size_t start = from % ring.size();
  const std::size_t first = std::min(into.size(), ring.size() - start);
  std::memcpy(into.data(), ring.data() + start, first);
  std::memcpy(into.data() + first, ring.data(), into.size() - first);
}

// Returns the count in a PERF_RECORD_LOST. An id comes before it.
std::uint64_t lost_in(std::span<const std::byte> body) {
  std::array<std::uint64_t, 2> numbers{};
  std::memcpy(numbers.data(), body.data(), std::min(body.size(), sizeof numbers));
  return numbers[1];
}

}  // namespace

Result<PerfRing> PerfRing::map(UniqueFd descriptor, std::size_t pages) {
  const std::size_t size = (1 + pages) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (address == MAP_FAILED) {
    return errno_error(errno, "cannot map a perf ring buffer", ErrorCode::kUnsupported);
  }
  return PerfRing(std::move(descriptor), {static_cast<std::byte*>(address), size});
}

PerfRing::~PerfRing() {
  if (!mapping_.empty()) {
    ::munmap(mapping_.data(), mapping_.size());
  }
}

std::uint64_t PerfRing::read(const std::function<void(std::span<const std::byte>)>& each) {
  auto* const page = reinterpret_cast<perf_event_mmap_page*>(mapping_.data());
  const auto ring = mapping_.subspan(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  const std::uint64_t tail = page->data_tail;
  const std::uint64_t head = load_head(page);
  std::uint64_t lost = 0;
  std::array<std::byte, kMostRecordBytes> record;
  for (std::uint64_t at = tail; at < head;) {
    perf_event_header header{};
    copy_out(ring, at, std::as_writable_bytes(std::span(&header, 1)));
    const std::size_t size = std::clamp<std::size_t>(header.size, sizeof header, record.size());
    copy_out(ring, at, std::span(record).first(size));
    const auto body = std::span<const std::byte>(record).subspan(sizeof header, size - sizeof header);
    if (header.type == PERF_RECORD_SAMPLE) {
      each(body);
    } else if (header.type == PERF_RECORD_LOST && !was_full_) {
      lost += lost_in(body);
    }
    at += std::max<std::size_t>(header.size, sizeof header);
  }
  store_tail(page, head);
  was_full_ = load_head(page) - tail + kMostRecordBytes > ring.size();  // the head may have moved on during the read
  return lost + (was_full_ ? 1 : 0);
}

}  // namespace shmbus::agent
