#include "tools/shared/input_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace shmbus {
namespace {

constexpr std::size_t kBlockBytes = 65536;

Error cannot_read(const std::string& path, int errno_value) {
  return file_error(errno_value, "read", path, ErrorCode::kBadRequest);
}

// Returns false once `interrupt_fd` is readable, even if data is there too.
bool wait_for_data(int fd, int interrupt_fd) {
  std::array<pollfd, 2> waiting{{{fd, POLLIN, 0}, {interrupt_fd, POLLIN, 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
  }
  return waiting[1].revents == 0;
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  const bool is_stdin = path == "-";
  const std::string shown = is_stdin ? "stdin" : path;
  UniqueFd file(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file ? Result<InputFile>(InputFile(std::move(file), shown)) : cannot_read(shown, errno);
}

Result<std::size_t> InputFile::read(std::span<char> room, int interrupt_fd) {
  std::size_t filled = 0;
  while (filled < room.size()) {
    if (interrupt_fd >= 0 && !wait_for_data(file_.get(), interrupt_fd)) {
      return Error{ErrorCode::kInterrupted, "interrupted while the data was read"};
    }
    const ssize_t taken = ::read(file_.get(), room.data() + filled, room.size() - filled);
    if (taken < 0 && errno != EINTR) {
      return cannot_read(path_, errno);
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
  const off_t position = ::lseek(file_.get(), 0, SEEK_CUR);
  if (position < 0 || ::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return status.st_size > position ? static_cast<std::uint64_t>(status.st_size - position) : 0;
}

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) {
    return file.error();
  }
  std::string data;
  std::size_t filled = 0;
  while (filled == data.size() && filled < most_bytes) {
    data.resize(std::min(filled + kBlockBytes, most_bytes));
    const Result<std::size_t> count = file->read(std::span(data).subspan(filled), -1);
    if (!count) {
      return count.error();
    }
    filled += *count;
  }
  data.resize(filled);
  return data;
}

}  // namespace shmbus
