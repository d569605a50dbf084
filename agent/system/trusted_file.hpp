// Opens and reads files on which access depends: policy, keys, audit. Checks that only root and the agent's own user
// can have changed them.
#pragma once

#include <string>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Opens a regular file with the `flags` of open(2); a file that O_CREAT makes gets mode 0600. The checks are made on
// the open descriptor. Errors: kNotFound and kPermissionDenied as the kernel reports them, and kBadRequest, with the
// path and a remedy, if
// - the path names a symbolic link, or anything else that is not a regular file;
// - the file belongs to a user other than root and the agent's own, or its mode grants more than 0600;
// - a directory above it fails check_directory_above(), so that another user could replace the file.
[[nodiscard]] Result<UniqueFd> open_private(const std::string& path, int flags);

// Returns the whole content of such a file. Errors: those of open_private(), and kTooLarge beyond `most_bytes`.
[[nodiscard]] Result<std::string> read_private(const std::string& path, std::size_t most_bytes = std::size_t{1} << 20);

// Returns the content of a file that others may read but not write, such as a public key: group and others have no
// write permission. Otherwise as read_private().
[[nodiscard]] Result<std::string> read_trusted(const std::string& path, std::size_t most_bytes = std::size_t{1} << 20);

// Checks one directory on the path to such a file; see locate(). It must belong to root or the agent's user. If group
// or others may write to it, it must be sticky. In a user namespace "/" and the directories right below it may also
// belong to the root outside. Errors: kBadRequest with a remedy.
[[nodiscard]] Result<void> check_directory_above(const std::string& path, const struct stat& status);

// Checks a directory and all directories above it in the same way. Others may read it. Errors: as open_private().
[[nodiscard]] Result<void> check_private_directory(const std::string& path);

}  // namespace shmbus::agent
