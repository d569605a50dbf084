#include "protocol/endpoint/runtime_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/text.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {
namespace {

constexpr mode_t kOpenToOthers = S_IWGRP | S_IRWXO;
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// With a slash at the end, lstat and mkdir would follow a link.
std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

Error refused(const std::string& path, std::string_view what, std::string hint = {}) {
  return {ErrorCode::kPermissionDenied, "runtime directory " + escape_foreign(path) + " " + std::string(what),
          std::move(hint)};
}

Result<void> check(const std::string& path, const struct stat& state, mode_t forbidden, std::string_view objection) {
  if (S_ISLNK(state.st_mode)) {
    return refused(path, "is a symbolic link");
  }
  if (!S_ISDIR(state.st_mode)) {
    return refused(path, "is not a directory");
  }
  if (!is_us_or_root(state.st_uid)) {
    return refused(path, "is owned by uid " + std::to_string(state.st_uid) + ", not to uid " +
                             std::to_string(::geteuid()) + " or root");
  }
  if ((state.st_mode & forbidden) != 0) {
    return refused(path, objection, "chmod 0700 " + escape_foreign(path));
  }
  return {};
}

// With DynamicUser= the directory is a link into /run/private, so it is followed.
Result<void> check_of_systemd(const std::string& path) {
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0) {
    return file_error(errno, "check runtime directory", path);
  }
  return S_ISDIR(state.st_mode) ? Result<void>() : refused(path, "is not a directory");
}

// Sets group and mode through /proc/self/fd, because fchmod(2) takes no O_PATH descriptor.
Result<void> open_to_others(int directory, const std::string& path, Passage passage, std::optional<gid_t> group) {
  const mode_t mode = passage == Passage::kEveryone ? 0711 : 0710;
  if ((group && ::fchownat(directory, "", static_cast<uid_t>(-1), *group, AT_EMPTY_PATH) != 0) ||
      ::chmod(path_of_descriptor(directory).c_str(), mode) != 0) {
    return file_error(errno, "open runtime directory to other users", path);
  }
  return {};
}

}  // namespace

RuntimeDirectory agent_runtime_directory() {
  if (const std::string own = environment("SHMBUS_RUNTIME_DIR"); !own.empty()) {
    return {without_trailing_slash(std::filesystem::absolute(own))};
  }
  // systemd.exec(5): several directories are separated by colons.
  const std::string systemd = environment("RUNTIME_DIRECTORY");
  if (const std::string first = systemd.substr(0, systemd.find(':')); !first.empty()) {
    return {without_trailing_slash(first), true};
  }
  if (::geteuid() == 0) {
    return {kHostRuntimeDirectory};
  }
  // The XDG specification says to ignore relative paths.
  if (const std::string xdg = environment("XDG_RUNTIME_DIR"); xdg.starts_with('/')) {
    return {without_trailing_slash(xdg) + "/shmbus"};
  }
  return {"/tmp/shmbus-" + std::to_string(::geteuid())};
}

std::vector<std::string> client_runtime_directories() {
  std::vector<std::string> directories{agent_runtime_directory().path};
  if (directories.front() != kHostRuntimeDirectory) {
    directories.emplace_back(kHostRuntimeDirectory);
  }
  return directories;
}

Result<void> prepare_runtime_directory(const RuntimeDirectory& directory, Passage passage, std::optional<gid_t> group) {
  const std::string path = without_trailing_slash(directory.path);
  if (directory.from_systemd) {
    return check_of_systemd(path);
  }
  const Result<Location> place = locate(path, LastLink::kKeep);
  if (!place) {
    return place.error();
  }
  const bool is_new = ::mkdirat(place->directory.get(), place->name.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) {
    return file_error(errno, "create runtime directory", path);
  }
  const UniqueFd made(::openat(place->directory.get(), place->name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat state {};
  if (!made || (is_new && ::chmod(path_of_descriptor(made.get()).c_str(), 0700) != 0) ||  // regardless of the umask
      ::fstat(made.get(), &state) != 0) {
    return file_error(errno, "check runtime directory", path);
  }
  const bool is_for_others = passage != Passage::kNobody;
  const Result<void> checked = check(path, state, is_for_others ? kWritableByOthers : kOpenToOthers,
                                     is_for_others ? "is writable by other users" : "is accessible to other users");
  return checked && is_for_others ? open_to_others(made.get(), path, passage, group) : checked;
}

Result<void> check_runtime_directory(const std::string& path) {
  struct stat state {};
  if (::lstat(without_trailing_slash(path).c_str(), &state) != 0) {
    return file_error(errno, "check runtime directory", path);
  }
  return check(path, state, kWritableByOthers, "is writable by other users");
}

}  // namespace shmbus
