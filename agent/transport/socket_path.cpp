#include "agent/transport/socket_path.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "agent/system/trusted_file.hpp"
#include "protocol/mode.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
constexpr mode_t kConnecting = S_IWGRP | S_IWOTH;  // permit group and others to connect
constexpr std::size_t kLongestName = sizeof(sockaddr_un::sun_path) - sizeof "/proc/self/fd/1234567890/";
constexpr mode_t kOwnersAlone = S_IRUSR | S_IWUSR;

// Returns the status of the file, without following a link; nothing if there is no file.
std::optional<struct stat> status_of(const Location& place) {
  struct stat status {};
  const int found = ::fstatat(place.directory.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  return found == 0 ? std::optional(status) : std::nullopt;
}

// Returns the address of the socket. It starts from the descriptor of the directory, because others might replace a
// directory of the path.
sockaddr_un address_of(const Location& place) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = path_of_descriptor(place.directory.get()) + "/" + place.name;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

std::string octal_digits(mode_t mode) {
  return std::to_string(mode_digits(Mode{static_cast<std::uint16_t>(mode & kPermissions)}));
}

bool lets_in_more(const struct stat& status, const SocketAccess& access) {
  const bool is_open_to_group = (status.st_mode & S_IWGRP) != 0;
  return (status.st_mode & kConnecting & ~access.mode) != 0 ||
         (is_open_to_group && access.group && *access.group != status.st_gid && (access.mode & S_IWOTH) == 0);
}

bool somebody_listens(const Location& place) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(place);
  const int status = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return status == 0 || errno == EAGAIN;  // EAGAIN: its queue is full
}

// Opens the directory of the socket, and checks that nobody else can replace the socket in it. Other users who connect
// rely on the whole path, so then the directories above are checked too.
Result<Location> safe_place(const std::string& path, const SocketAccess& access) {
  const std::string name = std::filesystem::path(path).filename();
  if (name.empty() || name == "." || name == ".." || name.size() > kLongestName) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = escape_foreign(path) + " cannot be the path of a socket: its last part has " +
                            std::to_string(name.size()) + " bytes; 1 to " + std::to_string(kLongestName) +
                            " are allowed"};
  }
  Result<Location> place =
      locate(path, LastLink::kKeep, access.is_private() ? DirectoryCheck() : DirectoryCheck(check_directory_above));
  if (!place) {
    return place;
  }
  struct stat directory {};
  const std::string shown = escape_foreign(std::filesystem::path(path).parent_path().native());
  if (::fstat(place->directory.get(), &directory) != 0) {
    return file_error(errno, "read", shown);
  }
  if (!is_written_by_us_alone(directory)) {
    return Error{.code = ErrorCode::kPermissionDenied,
                 .message = "the sockets' directory " + shown + " was rejected: it is owned by uid " +
                            std::to_string(directory.st_uid) + " with mode " + octal_digits(directory.st_mode) +
                            ", so other users can replace the sockets in it",
                 .hint = "it must be owned by this user or root, and writable by its owner only"};
  }
  return place;
}

}  // namespace

Result<SocketPath> SocketPath::claim(const std::string& path, const SocketAccess& access) {
  Result<SocketPath> claimed = lock(path, access);
  if (!claimed) {
    return claimed;
  }
  const Location& place = claimed->place_;
  const std::optional<struct stat> there = status_of(place);
  if (there && !S_ISSOCK(there->st_mode)) {
    return Error{.code = ErrorCode::kExists,
                 .message = path + " exists and is not a socket",
                 .hint = "move it away, or choose another endpoint"};
  }
  if (there && somebody_listens(place)) {
    return Error{.code = ErrorCode::kExists, .message = "another process is listening at " + path};
  }
  ::unlinkat(place.directory.get(), place.name.c_str(), 0);
  claimed->removes_ = true;
  return claimed;
}

Result<SocketPath> SocketPath::claim_passed(const std::string& path, const SocketAccess& access) {
  Result<SocketPath> claimed = lock(path, access);
  if (!claimed) {
    return claimed;
  }
  const std::optional<struct stat> there = status_of(claimed->place_);
  if (!there || !S_ISSOCK(there->st_mode)) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "the service manager listens at " + path + ", but the socket no longer exists",
                 .hint = "restart the socket unit"};
  }
  if (lets_in_more(*there, access)) {
    return Error{
        .code = ErrorCode::kBadRequest,
        .message = "the service manager's socket at " + path + " has wider permissions than the agent's options allow",
        .hint =
            "SocketMode= and SocketGroup= of the socket unit may grant no more than --socket-mode, "
            "--events-mode and --socket-group; change them and restart the unit"};
  }
  return claimed;
}

Result<SocketPath> SocketPath::lock(const std::string& path, const SocketAccess& access) {
  Result<Location> place = safe_place(path, access);
  if (!place) {
    return std::move(place).error();
  }
  const std::string name = place->name;
  place->name += ".lock";
  Result<LockFile> lock = LockFile::acquire(*place, path + ".lock");
  if (!lock) {
    return std::move(lock).error();
  }
  place->name = name;
  return SocketPath(path, *std::move(place), *std::move(lock));
}

SocketPath::SocketPath(std::string path, Location place, LockFile lock)
    : path_(std::move(path)), place_(std::move(place)), lock_(std::move(lock)) {}

SocketPath::~SocketPath() {
  const std::optional<struct stat> there = removes_ ? status_of(place_) : std::nullopt;
  if (there && S_ISSOCK(there->st_mode)) {
    ::unlinkat(place_.directory.get(), place_.name.c_str(), 0);
  }
}

// bind(2) creates the file with the mode of the unbound socket. Nobody can connect before listen(2).
Result<UniqueFd> SocketPath::listen(const SocketAccess& access, int backlog) const {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(place_);
  if (!socket || ::fchmod(socket.get(), kOwnersAlone) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return file_error(errno, "bind", path_);
  }
  if (Result<void> opened = open_to(access); !opened) {
    return std::move(opened).error();
  }
  return ::listen(socket.get(), backlog) == 0 ? Result<UniqueFd>(std::move(socket)) : file_error(errno, "bind", path_);
}

Result<void> SocketPath::open_to(const SocketAccess& access) const {
  const UniqueFd file(::openat(place_.directory.get(), place_.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return file_error(errno, "open", path_);
  }
  if ((status.st_mode & kPermissions) == access.mode && access.group.value_or(status.st_gid) == status.st_gid) {
    return {};  // also if the file is not ours: a service manager may have made it
  }
  if (!S_ISSOCK(status.st_mode)) {
    return file_error(ENOTSOCK, "set the permissions of", path_);
  }
  const bool has_group =
      !access.group || ::fchownat(file.get(), "", static_cast<uid_t>(-1), *access.group, AT_EMPTY_PATH) == 0;
  if (!has_group || ::chmod(path_of_descriptor(file.get()).c_str(), access.mode) != 0) {  // fchmod(2) takes no O_PATH
    return file_error(errno, "set the permissions of", path_);
  }
  return {};
}

std::string path_of_endpoint(const std::string& endpoint) {
  return endpoint.starts_with(kIpc) ? endpoint.substr(kIpc.size()) : std::string();
}

}  // namespace shmbus::agent
