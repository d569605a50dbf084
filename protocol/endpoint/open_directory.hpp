// Opens the directory that a path leads to, one component after the other and each by its descriptor, so that no other
// user can exchange one on the way. Sources: openat(2), path_resolution(7), proc(5) on protected_symlinks.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

// A path up to its last component: `directory` is open (O_PATH), `name` is an entry of it that need not exist; "." for
// a path that ends in a slash.
struct Location {
  UniqueFd directory;
  std::string name;
};

// What becomes of a link that is the last component: it stays, and `name` is the link; or it is followed as any other.
enum class LastLink : std::uint8_t { kKeep, kFollow };

// Is called with each directory on the way, the root and the last one included, before anything in it is opened.
using DirectoryCheck = std::function<Result<void>(const std::string& path, const struct stat& status)>;

// Opens the directory of `path`. A link on the way is followed only if it is root's or this user's (effective uid) and
// nobody but these two may write to the directory that has it; in a user namespace who owns "/" is root for what is in
// "/" and right below it. The kernel's own links in /proc, whose text is no path (descriptors, roots), are not
// followed: as the last component one stays as with kKeep. With a `check` a relative path is resolved from the root on.
// Errors: kPermissionDenied for a link that is not followed, kNotFound, else as the kernel says with its errno; and
// those of `check`.
[[nodiscard]] Result<Location> locate(const std::string& path, LastLink last_link, const DirectoryCheck& check = {});

// True if nobody but root and this user may make, rename or remove entries of the directory.
[[nodiscard]] bool is_written_by_us_alone(const struct stat& directory);

// True for root and for this process's effective user.
[[nodiscard]] bool is_us_or_root(uid_t uid);

// The name of what a descriptor stands for: /proc/self/fd/N, for calls that take no descriptor.
[[nodiscard]] std::string path_of_descriptor(int fd);

}  // namespace shmbus
