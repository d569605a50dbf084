// Claims the path of an ipc socket, by a lock file beside it: only one agent at a time serves there. libzmq's own bind
// takes a path away from another process and deletes a file that is in the way, so the agent locks, checks, binds and
// removes by itself, and passes the listening descriptor to libzmq.
#pragma once

#include <string>
#include <utility>

#include "agent/config/endpoint.hpp"
#include "agent/system/lock_file.hpp"
#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// A claim on a path, held until it is destroyed. It keeps the directory of the socket open and the file PATH.lock in it
// locked. All work starts from that directory's descriptor, so nobody can redirect it by replacing a directory of the
// path.
//
// The destructor removes the socket file and never a file of another kind. It leaves a socket that the service manager
// bound. The lock file stays as well: if it were removed, two agents could each lock a file of that name.
class SocketPath {
 public:
  // Locks `path`, and removes a socket that a crashed agent left there. Never waits. `access` is that of the socket to
  // be bound: if other users may connect, they rely on the whole path, so all directories above are checked. Errors:
  // - kExists if an agent serves there (with its pid), if another program listens there without the lock, or if a file
  //   that is not a socket is in the way;
  // - kPermissionDenied, with the directory, if it belongs neither to this user nor to root, or if others can write to
  //   it;
  // - kBadRequest for a name that no socket can have, and as check_directory_above() if other users may connect.
  static Result<SocketPath> claim(const std::string& path, const SocketAccess& access);

  // Locks `path`, where the service manager listens on behalf of the agent. Errors: as claim(); kBadRequest if there is
  // no socket, or if it admits more peers than `access` does, since those in its queue already would be served.
  static Result<SocketPath> claim_passed(const std::string& path, const SocketAccess& access);

  SocketPath(SocketPath&& other) noexcept
      : path_(std::move(other.path_)),
        place_(std::move(other.place_)),
        lock_(std::move(other.lock_)),
        removes_(std::exchange(other.removes_, false)) {}
  SocketPath& operator=(SocketPath&&) = delete;
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;
  ~SocketPath();

  // Binds a socket at the path and listens, with a queue of `backlog` connections. The file has its group and
  // permissions before a peer can connect. Returns the descriptor, which is non-blocking. Errors: as file_error().
  [[nodiscard]] Result<UniqueFd> listen(const SocketAccess& access, int backlog) const;

  // Gives the socket file its group and then its permissions, unless it has both. Errors: as file_error().
  [[nodiscard]] Result<void> open_to(const SocketAccess& access) const;

 private:
  SocketPath(std::string path, Location place, LockFile lock);
  static Result<SocketPath> lock(const std::string& path, const SocketAccess& access);

  std::string path_;  // for messages
  Location place_;
  LockFile lock_;
  bool removes_ = false;  // whether the destructor removes the socket
};

// Returns "/run/x.sock" for "ipc:///run/x.sock", and nothing for an endpoint of another transport.
[[nodiscard]] std::string path_of_endpoint(const std::string& endpoint);

}  // namespace shmbus::agent
