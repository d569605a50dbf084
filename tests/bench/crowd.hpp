// Many connections that never become clients.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/bench/child_process.hpp"

namespace shmbus::bench {

// A process of another user with `size` connections to an endpoint of an agent. Half of them say nothing. The others
// send garbage, a third of them after a proper greeting, and go on with that. Each is checked ten times a second and
// made again if the agent has closed it. To be made before this process has threads.
class Crowd {
 public:
  Crowd(const std::string& endpoint, uid_t uid, std::size_t size);

  // Returns when all are connected.
  void come() { child_.ask(1); }
  // How many the agent has closed so far.
  [[nodiscard]] std::uint64_t closed() { return child_.ask(2); }
  // Closes all.
  void leave() { child_.ask(0); }

 private:
  ChildProcess child_;
};

}  // namespace shmbus::bench
