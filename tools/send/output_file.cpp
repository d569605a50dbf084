#include "tools/send/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

namespace shmbus {
namespace {

constexpr mode_t kNewMode = 0666;
constexpr mode_t kPermissions = 07777;

Error cannot_write(const std::string& path, int errno_value) {
  return {ErrorCode::kInternal, "cannot write to " + path + ": " + std::generic_category().message(errno_value), "",
          errno_value};
}

// Where the links lead, if there is something.
std::string behind_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? real.get() : path;
}

mode_t mode_of_new_files() {
  const mode_t umask_now = ::umask(0);
  ::umask(umask_now);
  return kNewMode & ~umask_now;
}

}  // namespace

OutputFile::OutputFile(int fd, std::string path, std::string temporary)
    : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})) {}

OutputFile::~OutputFile() {
  if (fd_ > STDOUT_FILENO) {
    ::close(fd_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

Result<OutputFile> OutputFile::open(const std::string& path) {
  if (path == "-") {
    return OutputFile(STDOUT_FILENO, "stdout", "");
  }
  const std::string shown = "'" + path + "'";
  const std::string real = behind_links(path);
  struct stat status {};
  const bool exists = ::stat(real.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    const int fd = ::open(real.c_str(), O_WRONLY | O_CLOEXEC);
    return fd < 0 ? Result<OutputFile>(cannot_write(shown, errno)) : OutputFile(fd, shown, "");
  }
  if (exists && ::access(real.c_str(), W_OK) != 0) {
    return cannot_write(shown, errno);
  }
  std::string temporary = real + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) {
    return cannot_write(shown, errno);
  }
  OutputFile file(fd, real, temporary);
  if (::fchmod(fd, exists ? status.st_mode & kPermissions : mode_of_new_files()) != 0) {
    return cannot_write(shown, errno);
  }
  return file;
}

Result<void> OutputFile::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = ::write(fd_, data.data(), data.size());
    if (written >= 0) {
      data.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return failed(errno);
    }
  }
  return {};
}

Result<void> OutputFile::commit() {
  if (fd_ > STDOUT_FILENO && ::close(std::exchange(fd_, -1)) != 0) {
    return failed(errno);
  }
  if (!temporary_.empty()) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
      return failed(errno);
    }
    temporary_.clear();
  }
  return {};
}

Error OutputFile::failed(int errno_value) const {
  return cannot_write(temporary_.empty() ? path_ : "'" + path_ + "'", errno_value);
}

}  // namespace shmbus
