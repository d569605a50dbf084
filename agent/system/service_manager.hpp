// The service manager that started us, if one did: it is told how we are, by one datagram each time (sd_notify(3)).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

namespace shmbus::agent {

// One thread. What can't be told is logged, and is no reason to end. A status is one line, for people.
class ServiceManager {
 public:
  ServiceManager() = default;  // nobody: nothing is sent

  // As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say, which it takes out of the environment: they are about this
  // process alone. Before there are other threads.
  [[nodiscard]] static ServiceManager from_environment();

  // These wait for the service manager if they have to, for a second at most.
  void ready(std::string_view status) const;  // also after reloading()
  void reloading(Clock::time_point now) const;
  void stopping(std::string_view status) const;
  void failed(std::string_view status, int errno_value) const;  // 0: no errno

  // Tells that the caller's loop still turns, if it is time to: twice in the time after which it is taken for dead.
  // Never waits.
  void keep_alive(Clock::time_point now);
  // When it is time, if somebody watches. At first that is long ago.
  [[nodiscard]] std::optional<Clock::time_point> next() const;

 private:
  void tell(const std::string& message) const;
  [[nodiscard]] int send(const std::string& message, int flags) const;  // 0 or an errno
  void log(int failure) const;

  std::string socket_;                    // path, or abstract name with @ in front; empty: nobody listens
  std::chrono::microseconds interval_{};  // 0: nobody watches
  Clock::time_point next_;
};

}  // namespace shmbus::agent
