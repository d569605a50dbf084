// A client in a process of its own, perhaps another user's, that takes the time of its requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/client/security/curve.hpp"
#include "tests/bench/child_process.hpp"

namespace shmbus::bench {

struct TimedClientSetup {
  std::string endpoint;
  std::string request;              // a stat
  std::optional<uid_t> uid;         // none: this process's own; else with a group of the same number
  std::optional<CurveClient> keys;  // for an endpoint with CURVE
  bool asks_echo = false;           // the answer is not a reply, so it is not decoded
};

// To be made before this process has threads. It connects when it is first told to measure; if that fails, or the reply
// is an error, the child says why and ends, and the next call here throws.
class TimedClient {
 public:
  explicit TimedClient(const TimedClientSetup& setup);

  // Asks `count` times and keeps how long each took.
  void measure(int count) { child_.ask(static_cast<std::uint64_t>(count)); }

  // Microseconds within which `part` (0.5: half) of what was kept were answered; nothing is kept any more.
  [[nodiscard]] double take(double part);

  [[nodiscard]] pid_t pid() const { return child_.pid(); }

 private:
  ChildProcess child_;
};

// Takes on `uid`, and gid and one group of the same number, for good, in a child process. Throws std::system_error.
void become_user(uid_t uid);

}  // namespace shmbus::bench
