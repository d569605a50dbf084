// Another process that does something when told to, and says when it did it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>

namespace shmbus::bench {

// A fork of this process, to be made before there are threads. It ends with its owner.
class ChildProcess {
 public:
  // `act` is called with each number that tell() sends; what it returns is the answer.
  explicit ChildProcess(const std::function<std::uint64_t(std::uint64_t)>& act);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void tell(std::uint64_t number);
  std::uint64_t answer();
  std::uint64_t ask(std::uint64_t number) {
    tell(number);
    return answer();
  }

  // Whether an answer is there.
  [[nodiscard]] bool has_answered() const;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  int to_child_ = -1;
  int from_child_ = -1;
};

// CLOCK_MONOTONIC, the same in all processes.
[[nodiscard]] std::uint64_t now_ns();

}  // namespace shmbus::bench
