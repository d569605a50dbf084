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
  return IpcPath(path, std::move(*lock));
}

IpcPath::IpcPath(std::string path, LockFile lock) : path_(std::move(path)), lock_(std::move(lock)) {}

IpcPath::~IpcPath() {
  if (!path_.empty() && is_socket(path_)) {
    unlink(path_.c_str());
  }
}

Result<void> IpcPath::open_to(const SocketAccess& access) const {
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
