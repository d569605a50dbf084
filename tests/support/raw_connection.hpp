// Connections to a Unix socket without ZeroMQ, made as any user, and a check whether the listener serves or closes
// them.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// The time after which a test gives up waiting for something that should happen at once.
class Deadline {
 public:
  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::seconds(20);
};

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

inline UniqueFd unix_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

inline bool connect_to(const UniqueFd& socket, const std::string& path) {
  const sockaddr_un address = unix_address(path);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Returns a connected socket, or an invalid descriptor if that fails.
inline UniqueFd connected_to(const std::string& path) {
  UniqueFd socket = unix_socket();
  if (!connect_to(socket, path)) {
    socket.reset();
  }
  return socket;
}

// Connects as another user, in a thread that the raw system call switches; glibc's would switch all threads.
inline UniqueFd connected_as(uid_t uid, const std::string& path) {
  UniqueFd made;
  std::thread([&] {
    if (::syscall(SYS_setresuid, uid, uid, uid) == 0) {
      made = connected_to(path);
    }
  }).join();
  return made;
}

inline bool may_become_others() {
  bool may = false;
  std::thread([&] { may = ::syscall(SYS_setresuid, 10001, 10001, 10001) == 0; }).join();
  return may;
}

enum class ConnectionState { kTaken, kEnded, kUnknown };

// Waits until the connection is served, which shows in the first byte of libzmq's greeting, or closed.
inline ConnectionState state_of(const UniqueFd& connection) {
  pollfd readable{.fd = connection.get(), .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, 20'000) != 1) {
    return ConnectionState::kUnknown;
  }
  char byte = 0;
  return ::recv(connection.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0 ? ConnectionState::kTaken
                                                                         : ConnectionState::kEnded;
}

}  // namespace shmbus::agent
