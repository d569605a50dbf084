#include "agent/system/service_manager.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "agent/system/environment.hpp"
#include "protocol/number.hpp"
#include "protocol/text.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {
namespace {

constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};
constexpr std::chrono::milliseconds kTryAgain{100};  // after a datagram that found no room

std::string status_line(std::string_view status) { return "STATUS=" + escape_for_terminal(status) + "\n"; }

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  manager.socket_ = taken_from_environment("NOTIFY_SOCKET");
  const std::string interval = taken_from_environment("WATCHDOG_USEC");
  const std::string watched = taken_from_environment("WATCHDOG_PID");
  if (watched.empty() || watched == std::to_string(::getpid())) {
    manager.interval_ = std::chrono::microseconds(parse_number<std::uint64_t>(interval).value_or(0) / 2);
  }
  return manager;
}

void ServiceManager::ready(std::string_view status) const { tell("READY=1\n" + status_line(status)); }

void ServiceManager::reloading(Clock::time_point now) const {
  const auto since_boot = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()) + "\n");
}

void ServiceManager::stopping(std::string_view status) const { tell("STOPPING=1\n" + status_line(status)); }

void ServiceManager::failed(std::string_view status, int errno_value) const {
  tell(status_line(status) + (errno_value == 0 ? "" : "ERRNO=" + std::to_string(errno_value) + "\n"));
}

void ServiceManager::keep_alive(Clock::time_point now) {
  if (const auto due = next(); due && now >= *due) {
    const int failure = send("WATCHDOG=1\n", MSG_DONTWAIT);
    const bool is_full = failure == EAGAIN;
    next_ = now + (is_full ? std::min<Clock::duration>(interval_, kTryAgain) : interval_);
    if (!is_full) {
      log(failure);
    }
  }
}

std::optional<Clock::time_point> ServiceManager::next() const {
  return socket_.empty() || interval_.count() == 0 ? std::nullopt : std::optional(next_);
}

void ServiceManager::tell(const std::string& message) const { log(send(message, 0)); }

void ServiceManager::log(int failure) const {
  if (failure != 0) {
    spdlog::warn("cannot notify the service manager at {}: {}", escape_for_terminal(socket_),
                 std::generic_category().message(failure));
  }
}

int ServiceManager::send(const std::string& message, int flags) const {
  if (socket_.empty()) {
    return 0;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::min(socket_.size(), sizeof address.sun_path);
  socket_.copy(address.sun_path, length);
  if (socket_.front() == '@') {
    address.sun_path[0] = '\0';  // an abstract name: its length counts, no NUL ends it
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const ssize_t sent = ::sendto(socket.get(), message.data(), message.size(), flags | MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address),
                                static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  return sent < 0 ? errno : 0;
}

}  // namespace shmbus::agent
