#include "tools/shared/report.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include "protocol/text.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

Result<void> write_stdout(std::string_view data) {
  if (std::fwrite(data.data(), 1, data.size(), stdout) != data.size() || std::fflush(stdout) != 0) {
    return errno_error(errno, "cannot write to stdout", ErrorCode::kInternal);
  }
  return {};
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
  fd_.reset(signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
}

InterruptSignal::~InterruptSignal() {
  // A pending SIGINT would end the process once it is unblocked, but it has been reported as kInterrupted.
  signalfd_siginfo taken{};
  [[maybe_unused]] const ssize_t size = read(fd(), &taken, sizeof taken);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool InterruptSignal::has_come() const {
  pollfd waiting{fd(), POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace shmbus
