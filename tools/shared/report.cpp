#include "tools/shared/report.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <system_error>

#include "protocol/text.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

Result<void> write_stdout(std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = write(STDOUT_FILENO, data.data(), data.size());
    if (written >= 0) {
      data.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return file_error(errno, "write to", "stdout", ErrorCode::kInternal);
    }
  }
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
  const bool is_stdin = path == "-";
  const int fd = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string data;
  std::array<char, 65536> block;
  ssize_t taken = fd < 0 ? -1 : 1;
  while (taken > 0 && data.size() < most_bytes) {
    do {
      taken = read(fd, block.data(), std::min(block.size(), most_bytes - data.size()));
    } while (taken < 0 && errno == EINTR);
    if (taken > 0) {
      data.append(block.data(), static_cast<std::size_t>(taken));
    }
  }
  const int number = errno;
  if (fd >= 0 && !is_stdin) {
    close(fd);
  }
  if (taken < 0) {
    return file_error(number, "read", is_stdin ? "stdin" : path, ErrorCode::kBadRequest);
  }
  return data;
}

int report(std::string_view program, const Error& error, OutputForm form) {
  if (form == OutputForm::kJson) {
    std::cerr << to_line(json_of(error)) << std::endl;
  } else {
    std::cerr << program << ": " << escape_for_terminal(error.message) << "\n";
    if (!error.hint.empty()) {
      std::cerr << "  " << escape_for_terminal(error.hint) << "\n";
    }
  }
  return exit_status_of(error.code);
}

InterruptSignal::InterruptSignal() {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  if (sigprocmask(SIG_BLOCK, &interrupt, &before_) != 0) {
    throw std::system_error(errno, std::generic_category(), "sigprocmask");
  }
  fd_ = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
}

InterruptSignal::~InterruptSignal() {
  // Taken, so that it does not end the process once it is let through: that it came has been told.
  signalfd_siginfo taken{};
  [[maybe_unused]] const ssize_t size = read(fd_, &taken, sizeof taken);
  close(fd_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool InterruptSignal::has_come() const {
  pollfd waiting{fd_, POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace shmbus
