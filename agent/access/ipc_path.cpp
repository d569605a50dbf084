#include "agent/access/ipc_path.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "agent/kernel/unique_fd.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kIpc = "ipc://";

bool is_socket(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
constexpr mode_t kConnecting = S_IWGRP | S_IWOTH;  // what it takes, of others than the owner

bool lets_in_more(const struct stat& status, const SocketAccess& access) {
  const bool is_open_to_group = (status.st_mode & S_IWGRP) != 0;
  return (status.st_mode & kConnecting & ~access.mode) != 0 ||
         (is_open_to_group && access.group && *access.group != status.st_gid && (access.mode & S_IWOTH) == 0);
}

bool somebody_listens(const std::string& path) {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int status = connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return status == 0 || errno == EAGAIN;  // EAGAIN: its queue is full
}

}  // namespace

Result<IpcPath> IpcPath::claim(const std::string& path) {
  Result<LockFile> lock = LockFile::acquire(path + ".lock");
  if (!lock) {
    return std::move(lock).error();
  }
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return Error{.code = ErrorCode::kExists,
                   .message = path + " is there and is not a socket; it is left alone",
                   .hint = "move it away, or choose another endpoint"};
    }
    if (somebody_listens(path)) {
      return Error{.code = ErrorCode::kExists, .message = "another program listens at " + path};
    }
    unlink(path.c_str());
  }
  return IpcPath(path, std::move(*lock), true);
}

Result<IpcPath> IpcPath::claim_passed(const std::string& path, const SocketAccess& access) {
  Result<LockFile> lock = LockFile::acquire(path + ".lock");
  if (!lock) {
    return std::move(lock).error();
  }
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "the service manager listens at " + path + ", but no socket is there any more",
                 .hint = "restart the socket unit"};
  }
  if (lets_in_more(status, access)) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "the service manager's socket at " + path + " is open further than the agent's",
                 .hint =
                     "let SocketMode= and SocketGroup= of the socket unit give no more than --socket-mode, "
                     "--events-mode and --socket-group, and restart it"};
  }
  return IpcPath(path, std::move(*lock), false);
}

IpcPath::IpcPath(std::string path, LockFile lock, bool removes)
    : path_(std::move(path)), lock_(std::move(lock)), removes_(removes) {}

IpcPath::~IpcPath() {
  if (removes_ && !path_.empty() && is_socket(path_)) {
    unlink(path_.c_str());
  }
}

Result<void> IpcPath::open_to(const SocketAccess& access) const {
  struct stat status {};
  if (lstat(path_.c_str(), &status) == 0 && (status.st_mode & kPermissions) == access.mode &&
      access.group.value_or(status.st_gid) == status.st_gid) {
    return {};  // also if it is another's: one that a service manager made for us
  }
  if ((access.group && chown(path_.c_str(), static_cast<uid_t>(-1), *access.group) != 0) ||
      chmod(path_.c_str(), access.mode) != 0) {
    const int failure = errno;
    return Error{.code = ErrorCode::kPermissionDenied,
                 .message = "can't open " + path_ + " to others: " + std::generic_category().message(failure),
                 .errno_value = failure};
  }
  return {};
}

std::string path_of_endpoint(const std::string& endpoint) {
  return endpoint.starts_with(kIpc) ? endpoint.substr(kIpc.size()) : std::string();
}

}  // namespace shmbus::agent
