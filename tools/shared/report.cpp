#include "tools/shared/report.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <span>
#include <system_error>

#include "protocol/text.hpp"
#include "tools/shared/input_file.hpp"
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
  Result<InputFile> file = InputFile::open(path);
  if (!file) {
    return std::move(file).error();
  }
  std::string data;
  std::array<char, 65536> block;
  for (;;) {
    const auto room = std::span(block).first(std::min(block.size(), most_bytes - data.size()));
    const Result<std::size_t> taken = file->read(room, -1);
    if (!taken) {
      return taken.error();
    }
    data.append(block.data(), *taken);
    if (room.empty() || *taken < room.size()) {
      return data;
    }
  }
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
  file_.reset(signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!file_) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
}

InterruptSignal::~InterruptSignal() {
  // Taken, so that it does not end the process once it is let through: that it came has been told.
  signalfd_siginfo taken{};
  [[maybe_unused]] const ssize_t size = read(fd(), &taken, sizeof taken);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool InterruptSignal::has_come() const {
  pollfd waiting{fd(), POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace shmbus
