#include "agent/transport/connection_limiter.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace shmbus::agent {
namespace {

constexpr int kTwentieth = 20;  // pause after a comparison of all cookies, as a multiple of the time that it took

int system_accept(int listener, sockaddr* address, socklen_t* length, int flags) {
  return static_cast<int>(::syscall(SYS_accept4, listener, address, length, flags));
}

std::optional<std::uint64_t> cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  if (::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0) {
    return std::nullopt;
  }
  return cookie;
}

// Returns the uid that connected to a Unix socket. For other sockets the kernel has none, which it reports as -1.
std::optional<std::uint32_t> peer_uid(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.uid == static_cast<uid_t>(-1)) {
    return std::nullopt;
  }
  return peer.uid;
}

UniqueFd spare_descriptor() { return UniqueFd(::eventfd(0, EFD_CLOEXEC)); }

bool is_out_of_descriptors(int errno_value) { return errno_value == EMFILE || errno_value == ENFILE; }

// Returns whether the error becomes ECONNABORTED. All do except EAGAIN, EINTR and those of a wrong argument.
bool becomes_aborted(int errno_value) {
  return errno_value != EAGAIN && errno_value != EINTR && errno_value != EBADF && errno_value != ENOTSOCK &&
         errno_value != EINVAL && errno_value != EFAULT;
}

}  // namespace

ConnectionId connection_at(int fd) { return {.fd = fd, .cookie = fd < 0 ? 0 : cookie_of(fd).value_or(0)}; }

bool is_open(const ConnectionId& connection) {
  return connection.fd < 0 || (connection.cookie != 0 && connection_at(connection.fd) == connection);
}

ConnectionLimiter::ConnectionLimiter() : reserve_(spare_descriptor()) {}

ConnectionLimiter& ConnectionLimiter::instance() {
  static auto* const limiter = new ConnectionLimiter;  // never destroyed, see the header
  return *limiter;
}

void ConnectionLimiter::limit(ConnectionCaps caps) {
  const std::lock_guard lock(mutex_);
  caps_ = caps;
}

int ConnectionLimiter::accept(int listener, sockaddr* address, socklen_t* length, int flags) noexcept {
  const int fd = system_accept(listener, address, length, flags);
  int failure = fd < 0 ? errno : ECONNABORTED;
  try {
    const std::lock_guard lock(mutex_);
    if (fd >= 0 && admit(fd)) {
      return fd;
    }
    if (fd < 0 && is_out_of_descriptors(failure)) {
      shed_one(listener);
    }
  } catch (...) {  // no memory to remember it, so it is rejected
  }
  if (fd >= 0) {
    ::close(fd);
  } else if (becomes_aborted(failure)) {
    failure = ECONNABORTED;
  }
  errno = failure;
  return -1;
}

bool ConnectionLimiter::admit(int fd) {
  const Uid uid = peer_uid(fd);
  forget(fd);  // an earlier connection with this number is closed
  if (is_full_for(uid) || is_full(uid)) {
    forget_closed_in_time();
  }
  if (is_full_for(uid)) {
    ++counts_.refused_of_uid;
    tell(uid, "it has " + std::to_string(caps_.per_uid) + ", the limit for one uid");
    return false;
  }
  if (is_full(uid)) {
    ++counts_.refused_in_all;
    tell(uid, "there are " + std::to_string(caps_.in_all) + ", the limit for all users together");
    return false;
  }
  if (const auto cookie = cookie_of(fd)) {
    remember(fd, {.cookie = *cookie, .uid = uid});
  }
  if (!reserve_) {
    reserve_ = spare_descriptor();
  }
  ++counts_.accepted;
  return true;
}

bool ConnectionLimiter::is_full(const Uid& uid) const {
  const bool is_reserved_for = uid && (*uid == 0 || *uid == ::geteuid());
  return caps_.in_all != 0 && by_fd_.size() >= caps_.in_all + (is_reserved_for ? caps_.reserved : 0);
}

bool ConnectionLimiter::is_full_for(const Uid& uid) const {
  if (!uid || caps_.per_uid == 0) {
    return false;
  }
  const auto found = count_by_uid_.find(*uid);
  return found != count_by_uid_.end() && found->second >= caps_.per_uid;
}

void ConnectionLimiter::remember(int fd, const Connection& connection) {
  std::size_t* const count = connection.uid ? &count_by_uid_[*connection.uid] : nullptr;
  by_fd_.emplace(fd, connection);
  if (count != nullptr) {
    ++*count;
  }
}

void ConnectionLimiter::forget(int fd) {
  const auto found = by_fd_.find(fd);
  if (found == by_fd_.end()) {
    return;
  }
  if (const Uid uid = found->second.uid) {
    if (const auto count = count_by_uid_.find(*uid); --count->second == 0) {
      count_by_uid_.erase(count);
    }
  }
  by_fd_.erase(found);
}

void ConnectionLimiter::forget_closed() {
  for (auto next = by_fd_.begin(); next != by_fd_.end();) {
    const auto [fd, connection] = *next++;
    if (cookie_of(fd) != connection.cookie) {
      forget(fd);
    }
  }
}

void ConnectionLimiter::forget_closed_in_time() {
  const Clock::time_point begin = Clock::now();
  if (by_fd_.size() > kAskedAlways && begin < ask_after_) {
    return;
  }
  forget_closed();
  const Clock::time_point end = Clock::now();
  ask_after_ = end + kTwentieth * (end - begin);
}

// A connection that stays in the queue would wake the I/O thread again and again.
void ConnectionLimiter::shed_one(int listener) {
  reserve_.reset();
  pollfd waiting{.fd = listener, .events = POLLIN, .revents = 0};
  Uid uid;
  if (::poll(&waiting, 1, 0) == 1) {  // another thread may have taken it, and libzmq's listener blocks
    if (const UniqueFd shed(system_accept(listener, nullptr, nullptr, SOCK_CLOEXEC)); shed) {
      ++counts_.refused_without_descriptor;
      uid = peer_uid(shed.get());
    }
  }
  reserve_ = spare_descriptor();
  tell(uid, "no descriptor is left (RLIMIT_NOFILE, fs.file-max)");
}

void ConnectionLimiter::tell(const Uid& uid, const std::string& why) {
  log_.add_refusal("a connection from " + (uid ? "uid " + std::to_string(*uid) : "an unknown user"), why, Clock::now());
}

bool ConnectionLimiter::cut(const ConnectionId& connection) {
  const std::lock_guard lock(mutex_);  // so that no new connection gets this descriptor meanwhile
  const auto known = by_fd_.find(connection.fd);
  return known != by_fd_.end() && known->second.cookie == connection.cookie && is_open(connection) &&
         ::shutdown(connection.fd, SHUT_RDWR) == 0;
}

ConnectionCounts ConnectionLimiter::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::size_t ConnectionLimiter::open_now() {
  const std::lock_guard lock(mutex_);
  forget_closed();
  return by_fd_.size();
}

}  // namespace shmbus::agent

// Replaces libc's accept4: calls in this program and in the shared libraries that it loads come here.
extern "C" int accept4(int listener, sockaddr* address, socklen_t* length, int flags) {
  return shmbus::agent::ConnectionLimiter::instance().accept(listener, address, length, flags);
}
