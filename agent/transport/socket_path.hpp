// The right to bind a socket at a path: a lock file beside it says that no other agent serves there.
#pragma once

#include <string>
#include <utility>

#include "agent/config/endpoint.hpp"
#include "agent/system/lock_file.hpp"
#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Holds the directory of a socket open, and the lock at PATH.lock in it; everything is done below that descriptor, so a
// path that somebody exchanges leads nobody astray. The destructor removes the socket that was bound there, never
// anything else; the lock file stays, because removing it would let two agents lock two files of one name. A socket
// that the service manager bound stays, too.
class SocketPath {
 public:
  // Locks `path` and removes a socket that a crashed agent left there. Errors: kExists with the pid of the agent that
  // serves there, or if a file that is no socket is in the way, or somebody listens without the lock;
  // kPermissionDenied, naming the directory, if anybody but its owner may write to it, or it is neither ours nor
  // root's; for a socket that is open to others kBadRequest too, as check_directory_above() has it for each directory
  // above.
  static Result<SocketPath> claim(const std::string& path, const SocketAccess& access);

  // Locks `path`, where the service manager listens for us. Errors: as claim(); kBadRequest if no socket is there, or
  // if it lets in more than `access`: who is in the queue already would be served.
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

  // Binds a socket there and listens, with a queue of `backlog` connections; nobody can connect before the file has its
  // group and permissions. Errors: as file_error() with the path.
  [[nodiscard]] Result<UniqueFd> listen(const SocketAccess& access, int backlog) const;

  // Gives the bound socket its group and then its permissions, unless it has them. Errors: as file_error().
  [[nodiscard]] Result<void> open_to(const SocketAccess& access) const;

 private:
  SocketPath(std::string path, Location place, LockFile lock);
  static Result<SocketPath> lock(const std::string& path, const SocketAccess& access);

  std::string path_;  // for messages
  Location place_;
  LockFile lock_;
  bool removes_ = false;  // the socket, at the end
};

// The path of "ipc:///run/x.sock", empty for another transport.
[[nodiscard]] std::string path_of_endpoint(const std::string& endpoint);

}  // namespace shmbus::agent
