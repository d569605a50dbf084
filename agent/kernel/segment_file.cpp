#include "agent/kernel/segment_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "agent/kernel/segment_copy.hpp"

namespace shmbus::agent {
namespace {

bool read_all(const UniqueFd& file, std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::pread(file.get(), into.data(), into.size(), static_cast<off_t>(offset));
    if (got == 0 || (got < 0 && errno != EINTR)) {
      return false;
    }
    const auto count = static_cast<std::size_t>(got < 0 ? 0 : got);
    into = into.subspan(count);
    offset += count;
  }
  return true;
}

}  // namespace

bool SegmentFiles::read(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) {
  if (mapping.file) {
    return read_all(mapping.file, offset, into);
  }
  if (into.size() < kOpenFrom || !allowed_) {
    return false;
  }
  UniqueFd file = open(mapping);
  if (!file || !read_all(file, offset, into)) {
    return false;
  }
  if (kept_ < kMostKept) {
    mapping.file = std::move(file);
    ++kept_;
  }
  return true;
}

// The file's name is the address range of the mapping, which ends at a page boundary. Two page sizes are possible.
UniqueFd SegmentFiles::open(const Mapping& mapping) {
  const auto start = reinterpret_cast<std::uintptr_t>(mapping.address);
  for (const std::uint64_t page : {page_size(), std::uint64_t{kHugePage}}) {
    const std::uintptr_t end = start + (mapping.size + page - 1) / page * page;
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/map_files/%zx-%zx", start, end);
    UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
    if (file) {
      return file;
    }
    allowed_ = errno != EPERM && errno != EACCES;
    if (!mapping.may_lack_pages || !allowed_) {
      break;
    }
  }
  return {};
}

}  // namespace shmbus::agent
