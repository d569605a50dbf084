// Reports the agent's state to the service manager that started it, if one did: one datagram per report (sd_notify(3)).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

namespace shmbus::agent {

// A client of that service manager. Without one, no function does anything. A report that cannot be sent is logged, and
// the agent goes on. A status is one line for people; its control characters are escaped. Not thread-safe.
class ServiceManager {
 public:
  ServiceManager() = default;  // no service manager

  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment, because they are for
  // this process alone. A WATCHDOG_PID of another process leaves the watchdog off. Call it before other threads exist.
  [[nodiscard]] static ServiceManager from_environment();

  // Each of these waits for at most a second if the service manager does not read its datagrams.
  void ready(std::string_view status) const;  // also after reloading()
  void reloading(Clock::time_point now) const;
  void stopping(std::string_view status) const;
  void failed(std::string_view status, int errno_value) const;  // 0: no errno

  // Reports that the caller's loop is alive, if that is due: every half of WATCHDOG_USEC. Never waits. If there is no
  // room for the datagram, the report is due again after 100 ms at most.
  void keep_alive(Clock::time_point now);
  // Returns when keep_alive() is due, or nothing without a watchdog. The first report is due at once.
  [[nodiscard]] std::optional<Clock::time_point> next() const;

 private:
  void tell(const std::string& message) const;
  [[nodiscard]] int send(const std::string& message, int flags) const;  // 0 or an errno
  void log(int failure) const;

  std::string socket_;                    // a path, or @ and an abstract name; empty: none
  std::chrono::microseconds interval_{};  // half of WATCHDOG_USEC; 0: no watchdog
  Clock::time_point next_;
};

}  // namespace shmbus::agent
