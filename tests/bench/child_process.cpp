#include "tests/bench/child_process.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <stdexcept>
#include <system_error>

namespace shmbus::bench {

ChildProcess::ChildProcess(const std::function<std::uint64_t(std::uint64_t)>& act) {
  std::array<int, 2> commands{};
  std::array<int, 2> answers{};
  if (pipe(commands.data()) != 0 || pipe(answers.data()) != 0 || (pid_ = fork()) < 0) {
    throw std::system_error(errno, std::generic_category(), "a child process");
  }
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint64_t number = 0;
    while (read(commands[0], &number, sizeof number) == sizeof number) {
      number = act(number);
      if (write(answers[1], &number, sizeof number) != sizeof number) {
        break;
      }
    }
    _exit(0);
  }
  close(commands[0]);
  close(answers[1]);
  to_child_ = commands[1];
  from_child_ = answers[0];
}

ChildProcess::~ChildProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(to_child_);
  close(from_child_);
}

void ChildProcess::tell(std::uint64_t number) {
  if (write(to_child_, &number, sizeof number) != sizeof number) {
    throw std::runtime_error("the child process has ended");
  }
}

std::uint64_t ChildProcess::answer() {
  std::uint64_t number = 0;
  if (read(from_child_, &number, sizeof number) != sizeof number) {
    throw std::runtime_error("the child process has ended");
  }
  return number;
}

bool ChildProcess::has_answered() const {
  pollfd item{from_child_, POLLIN, 0};
  return poll(&item, 1, 0) == 1;
}

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace shmbus::bench
