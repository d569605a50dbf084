// Limits connections: libzmq takes each one by accept4(2), and this library defines an accept4 that the dynamic
// libzmq finds before libc's. It caps connections, in all and for each uid, and keeps libzmq 4.3.4 from aborting
// the process (its ipc listener does for EMFILE, ENOBUFS, ENOMEM and others) or from spinning when descriptors run out.
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

// A connection, which a descriptor alone is not: its number is given again. `cookie` is the kernel's (SO_COOKIE in
// socket(7)), which no other has; 0 where there is none. Without a descriptor (-1) it is inside the process.
struct ConnectionId {
  int fd = -1;
  std::uint64_t cookie = 0;

  friend auto operator<=>(const ConnectionId&, const ConnectionId&) = default;  // NOLINT(modernize-use-nullptr): none
};

// Of what `fd` is now.
[[nodiscard]] ConnectionId connection_at(int fd);
[[nodiscard]] bool is_open(const ConnectionId& connection);

// Connections that may be open at a time; 0: no cap. A client of commands and events has two.
struct ConnectionCaps {
  std::size_t in_all = 0;
  std::size_t per_uid = 0;  // for each uid that connects by a Unix socket; TCP tells none
};

// Connections so far.
struct ConnectionCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused_in_all = 0;
  std::uint64_t refused_of_uid = 0;
  std::uint64_t refused_without_descriptor = 0;  // because none was left, in the process or on the host

  [[nodiscard]] std::uint64_t seen() const {
    return accepted + refused_in_all + refused_of_uid + refused_without_descriptor;
  }
};

// Any thread; libzmq's I/O threads call accept(). They log, too: the default logger must be one for several threads.
// A refused connection is closed at once, so its client sees its end and may try again.
// Nobody tells the limiter that a connection was closed: it knows each by descriptor and SO_COOKIE (socket(7)), and
// asks again when a cap seems to be reached. Asking all of many connections is done at most for a twentieth of the
// time, so a crowd of over kAskedAlways may be refused for a moment when there is room.
class ConnectionLimiter {
 public:
  static constexpr std::size_t kAskedAlways = 256;  // connections

  ConnectionLimiter();

  // The one that accept4 asks; a global, because accept4 gets nothing that could lead to another. It is never
  // destroyed: an I/O thread may be in it to the very end.
  static ConnectionLimiter& instance();

  // Before the ZeroMQ context exists; connections that are open count, but stay.
  void limit(ConnectionCaps caps);

  // As accept4(2), with what is refused failing as ECONNABORTED, which libzmq survives; and so do all errors that come
  // from the network or from want of memory or descriptors.
  [[nodiscard]] int accept(int listener, sockaddr* address, socklen_t* length, int flags) noexcept;

  // Ends `connection`, unless it is closed or was not accepted here. Returns whether it did.
  bool cut(const ConnectionId& connection);

  [[nodiscard]] ConnectionCounts counts() const;
  [[nodiscard]] std::size_t open_now();  // connections; asks each

 private:
  using Uid = std::optional<std::uint32_t>;

  struct Connection {
    std::uint64_t cookie = 0;
    Uid uid;
  };

  bool admit(int fd);
  void remember(int fd, const Connection& connection);
  void forget(int fd);
  void forget_closed();
  void forget_closed_in_time();
  void shed_one(int listener);
  void tell(const Uid& uid, const std::string& why);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool is_full_for(const Uid& uid) const;

  mutable std::mutex mutex_;
  ConnectionCaps caps_;
  ConnectionCounts counts_;
  UniqueFd reserve_;  // given up to accept, and so to close, a connection when no descriptor is left
  std::unordered_map<int, Connection>
      by_fd_;  // a number that is given again replaces what had it: no more than numbers
  std::unordered_map<std::uint32_t, std::size_t> count_by_uid_;
  Clock::time_point ask_after_;
  ThrottledLog log_;
};

}  // namespace shmbus::agent
