// Limits the connections of the process. libzmq has no such limit, but it takes each connection with accept4(2), and
// the shared libzmq finds the accept4 that this library defines before libc's. This accept4 asks a ConnectionLimiter
// about each one.
//
// The limiter caps connections, in total and for each uid. It also keeps libzmq 4.3.4 from aborting the process, as its
// ipc listener does on EMFILE, ENOBUFS, ENOMEM and other errors, and from spinning when descriptors run out.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "agent/base/clock.hpp"
#include "agent/base/throttled_log.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Identifies a connection. The descriptor is not enough, since the kernel reuses its number; the cookie (SO_COOKIE in
// socket(7)) is unique. A cookie of 0 means that there is none. A descriptor of -1 stands for a connection within the
// process.
struct ConnectionId {
  int fd = -1;
  std::uint64_t cookie = 0;

  friend auto operator<=>(const ConnectionId&, const ConnectionId&) = default;  // NOLINT(modernize-use-nullptr): none
};

// Returns the connection that `fd` stands for at the moment.
[[nodiscard]] ConnectionId connection_at(int fd);

// Returns whether `connection` is still open: its descriptor exists and has the same cookie. A connection within the
// process is always open, one without a cookie never is.
[[nodiscard]] bool is_open(const ConnectionId& connection);

// The most connections that may be open at a time; 0 means no cap. A client of commands and events has two.
struct ConnectionCaps {
  std::size_t in_all = 0;
  std::size_t per_uid = 0;   // of one uid, on Unix sockets; a TCP peer has no uid
  std::size_t reserved = 0;  // beyond in_all, for root and the agent's own user, so that others cannot lock them out
};

// Connections since the start of the process.
struct ConnectionCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused_in_all = 0;
  std::uint64_t refused_of_uid = 0;
  std::uint64_t refused_without_descriptor = 0;  // because none was left, in the process or on the host

  // Returns the number of all connections that reached the limiter.
  [[nodiscard]] std::uint64_t seen() const {
    return accepted + refused_in_all + refused_of_uid + refused_without_descriptor;
  }
};

// Decides about each connection when it is accepted. A rejected connection is closed at once, so its client sees the
// end and may try again.
//
// The limiter is not notified when a connection is closed. It therefore remembers the cookie of each one, and compares
// the cookies when a cap seems to be reached: one that differs belonged to a connection that was closed. With more than
// kAskedAlways connections, these comparisons take at most a twentieth of the time. Between two of them a connection
// may be rejected although others have been closed.
//
// Thread-safe: libzmq's I/O threads call accept(). They log as well, so the default logger must be multi-threaded.
class ConnectionLimiter {
 public:
  static constexpr std::size_t kAskedAlways = 256;  // connections; up to this number there is no pause

  // Sets no caps, and opens a spare descriptor for the case that none is left.
  ConnectionLimiter();

  // Returns the limiter that accept4 asks. It is a global, because no argument of accept4 could lead to another one. It
  // is never destroyed, because an I/O thread may use it until the process ends.
  static ConnectionLimiter& instance();

  // Sets the caps. Call it before the ZeroMQ context exists. Open connections count, but none of them is closed.
  void limit(ConnectionCaps caps);

  // Does what accept4(2) does. If the connection is rejected, returns -1 with errno ECONNABORTED, which libzmq
  // survives. All errors of the network, and all for lack of memory or descriptors, become ECONNABORTED too. Never
  // throws.
  [[nodiscard]] int accept(int listener, sockaddr* address, socklen_t* length, int flags) noexcept;

  // Shuts `connection` down, see shutdown(2), and leaves the descriptor to libzmq. Returns false if the connection is
  // closed already or was not accepted here.
  bool cut(const ConnectionId& connection);

  [[nodiscard]] ConnectionCounts counts() const;

  // Returns the number of open connections, after it has compared the cookie of each.
  [[nodiscard]] std::size_t open_now();

 private:
  using Uid = std::optional<std::uint32_t>;

  struct Connection {
    std::uint64_t cookie = 0;
    Uid uid;
  };

  // These require that the caller holds mutex_.
  bool admit(int fd);
  void remember(int fd, const Connection& connection);
  void forget(int fd);
  void forget_closed();
  void forget_closed_in_time();
  void shed_one(int listener);
  void tell(const Uid& uid, const std::string& why);
  [[nodiscard]] bool is_full(const Uid& uid) const;
  [[nodiscard]] bool is_full_for(const Uid& uid) const;

  mutable std::mutex mutex_;
  ConnectionCaps caps_;
  ConnectionCounts counts_;
  UniqueFd reserve_;  // closed when no descriptor is left, so that one waiting connection can be accepted and closed
  // One entry for each descriptor: when its number is reused, the new connection replaces the old one.
  std::unordered_map<int, Connection> by_fd_;
  std::unordered_map<std::uint32_t, std::size_t> count_by_uid_;
  Clock::time_point ask_after_;  // when the cookies of many connections may be compared again
  ThrottledLog log_;
};

}  // namespace shmbus::agent
