// A walk along a path that other users cannot divert. The kernel resolves a path anew in each call, so between a check
// and the use another user may replace a directory by a link. locate() opens one component after the other, each
// relative to the descriptor of the one before (openat(2)), and follows only links that no other user can have made.
// The caller continues from the descriptor of the last directory. Sources: path_resolution(7), proc(5) on
// protected_symlinks.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

// The end of a walk: `directory` is open (O_PATH) and owned by the location, `name` is the last component of the path,
// an entry of the directory that need not exist; "." for a path that ends in a slash.
struct Location {
  UniqueFd directory;
  std::string name;
};

// The treatment of a link that is the last component. kKeep: `name` is the link itself. kFollow: it is followed like
// any other.
enum class LastLink : std::uint8_t { kKeep, kFollow };

// A caller's own check of each directory on the way, the root and the last one included, before anything in it is
// opened. An error ends the walk and is the error of locate(). `path` is for messages.
using DirectoryCheck = std::function<Result<void>(const std::string& path, const struct stat& status)>;

// Walks along `path` and opens the directory of its last component.
// - A link is followed only if it belongs to root or to this process's effective user, and if nobody else may write to
//   the directory that holds it.
// - In a user namespace root may have another uid: the owner of "/" counts as root for the links in "/" and in a
//   directory directly below it.
// - The kernel's own links in /proc, whose text is no path (descriptors, roots), are never followed. As the last
//   component such a link is kept, even with kFollow.
// - With a `check` a relative path is walked from the root on, so that all its directories are checked.
// Errors: kPermissionDenied for a link that is not followed, kNotFound, any other error of the kernel with its errno,
// and those of `check`.
[[nodiscard]] Result<Location> locate(const std::string& path, LastLink last_link, const DirectoryCheck& check = {});

// Returns whether the directory belongs to root or this process's effective user and has no write permission for its
// group or others, so that nobody else can add, rename or remove entries.
[[nodiscard]] bool is_written_by_us_alone(const struct stat& directory);

// Returns whether `uid` is root or this process's effective user.
[[nodiscard]] bool is_us_or_root(uid_t uid);

// Returns /proc/self/fd/N, a path to the object of an open descriptor, for calls that take no descriptor.
[[nodiscard]] std::string path_of_descriptor(int fd);

}  // namespace shmbus
