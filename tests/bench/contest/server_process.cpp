#include "tests/bench/contest/server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace shmbus::bench {
namespace {

constexpr int kStartMs = 20'000;
constexpr int kEndMs = 5'000;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words) {
    result.push_back(const_cast<char*>(word.c_str()));  // execve does not write there
  }
  result.push_back(nullptr);
  return result;
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& environment)
    : name_(arguments.front()) {
  std::array<int, 2> output{};
  std::vector<std::string> variables = environment;
  variables.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  if (pipe2(output.data(), O_CLOEXEC) != 0 || (pid_ = fork()) < 0) {
    throw std::system_error(errno, std::generic_category(), "starting " + name_);
  }
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output[1], STDOUT_FILENO);
    execve(argv.front(), argv.data(), envp.data());
    _exit(127);
  }
  close(output[1]);
  stdout_ = output[0];
}

ServerProcess::~ServerProcess() {
  const int end = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  kill(pid_, SIGTERM);
  pollfd item{end, POLLIN, 0};
  if (end < 0 || poll(&item, 1, kEndMs) != 1) {
    kill(pid_, SIGKILL);
  }
  waitpid(pid_, nullptr, 0);
  close(end);
  close(stdout_);
}

std::string ServerProcess::wait_for(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kStartMs);
  std::string line;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd item{stdout_, POLLIN, 0};
    char byte = 0;
    if (left.count() <= 0 || poll(&item, 1, static_cast<int>(left.count())) != 1 || read(stdout_, &byte, 1) != 1) {
      throw std::runtime_error(name_ + " did not say '" + text + "'");
    }
    if (byte != '\n') {
      line += byte;
    } else if (line.find(text) != std::string::npos) {
      return line;
    } else {
      line.clear();
    }
  }
}

std::string free_tcp_endpoint() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const place = reinterpret_cast<sockaddr*>(&address);
  const bool found = fd >= 0 && bind(fd, place, length) == 0 && getsockname(fd, place, &length) == 0;
  const int failure = errno;
  close(fd);
  if (!found) {
    throw std::system_error(failure, std::generic_category(), "a port of 127.0.0.1");
  }
  return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

}  // namespace shmbus::bench
