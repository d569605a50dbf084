#include "tools/send/input_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace shmbus {
namespace {

// False if the interrupt came first.
bool wait_for_data(int fd, int interrupt_fd) {
  std::array<pollfd, 2> waiting{{{fd, POLLIN, 0}, {interrupt_fd, POLLIN, 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
  }
  return waiting[1].revents == 0;
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  if (path == "-") {
    return InputFile(STDIN_FILENO, "stdin");
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return fd < 0 ? Result<InputFile>(file_error(errno, "read", path, ErrorCode::kBadRequest)) : InputFile(fd, path);
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, STDIN_FILENO)), path_(std::move(other.path_)) {}

InputFile::~InputFile() {
  if (fd_ != STDIN_FILENO) {
    ::close(fd_);
  }
}

Result<std::size_t> InputFile::read(std::span<char> room, int interrupt_fd) {
  std::size_t filled = 0;
  while (filled < room.size()) {
    if (interrupt_fd >= 0 && !wait_for_data(fd_, interrupt_fd)) {
      return Error{ErrorCode::kInterrupted, "interrupted while the data was read"};
    }
    const ssize_t taken = ::read(fd_, room.data() + filled, room.size() - filled);
    if (taken < 0 && errno != EINTR) {
      return file_error(errno, "read", path_, ErrorCode::kBadRequest);
    }
    if (taken == 0) {
      break;
    }
    filled += static_cast<std::size_t>(taken < 0 ? 0 : taken);
  }
  return filled;
}

std::optional<std::uint64_t> InputFile::bytes_left() const {
  struct stat status {};
  const off_t position = ::lseek(fd_, 0, SEEK_CUR);
  if (position < 0 || ::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return status.st_size > position ? static_cast<std::uint64_t>(status.st_size - position) : 0;
}

}  // namespace shmbus
