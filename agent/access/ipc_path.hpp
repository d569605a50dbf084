// The right to bind a socket at a path: a lock file beside it says that no other agent serves there.
#pragma once

#include <string>
#include <utility>

#include "agent/access/endpoint.hpp"
#include "agent/kernel/lock_file.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// Holds the lock at PATH.lock. The destructor removes the socket that was bound there, never anything else; the lock
// file stays, because removing it would let two agents lock two files of one name. A socket that the service manager
// bound stays, too.
class IpcPath {
 public:
  // Locks `path` and removes a socket that a crashed agent left there. Errors: kExists with the pid of the agent that
  // serves there, or if a file that is no socket is in the way, or somebody listens without the lock.
  static Result<IpcPath> claim(const std::string& path);

  // Locks `path`, where the service manager listens for us. Errors: kExists as above; kBadRequest if no socket is
  // there, or if it lets in more than `access`: who is in the queue already would be served.
  static Result<IpcPath> claim_passed(const std::string& path, const SocketAccess& access);

  IpcPath(IpcPath&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)), removes_(other.removes_) {}
  IpcPath& operator=(IpcPath&&) = delete;
  IpcPath(const IpcPath&) = delete;
  IpcPath& operator=(const IpcPath&) = delete;
  ~IpcPath();

  // Gives the bound socket its group and then its permissions, unless it has them. Errors: kPermissionDenied.
  [[nodiscard]] Result<void> open_to(const SocketAccess& access) const;

 private:
  IpcPath(std::string path, LockFile lock, bool removes);

  std::string path_;  // empty once moved from
  LockFile lock_;
  bool removes_;
};

// The path of "ipc:///run/x.sock", empty for another transport.
[[nodiscard]] std::string path_of_endpoint(const std::string& endpoint);

}  // namespace shmbus::agent
