#include "agent/system/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

// Returns the pid that the holder wrote, or an empty string if it has not written it yet.
std::string holder_of(int fd) {
  std::array<char, 16> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view content(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return std::string(content.substr(0, content.find_first_not_of("0123456789")));
}

Error taken(const std::string& path, int fd) {
  const std::string holder = holder_of(fd);
  return {ErrorCode::kExists, path + " is locked by " + (holder.empty() ? "another process" : "process " + holder),
          "is another agent running here? Stop it, or choose another endpoint", EWOULDBLOCK};
}

}  // namespace

Result<LockFile> LockFile::acquire(const Location& place, const std::string& path) {
  UniqueFd fd(::openat(place.directory.get(), place.name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) {
    return errno == ELOOP ? Error{ErrorCode::kPermissionDenied, escape_foreign(path) + " is a symbolic link", {}, ELOOP}
                          : file_error(errno, "open", path);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const int failure = errno;
    return failure == EWOULDBLOCK ? taken(path, fd.get()) : file_error(failure, "lock", path);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return file_error(errno, "write", path);
  }
  return LockFile(std::move(fd));
}

}  // namespace shmbus::agent
