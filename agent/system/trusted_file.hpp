// Files that decide who may do what: policy, keys, audit. Nobody but root and the agent's own user can have changed
// one.
#pragma once

#include <string>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Opens a regular file for `flags` as open(2) has them (a file that O_CREAT makes gets 0600), never through a link.
// Errors: kBadRequest, naming the path and what to do, if the file is another user's or open to others (more than
// 0600), or if somebody else could replace it: each directory above it belongs to root or the agent's user and only its
// owner may write there, or it is sticky (in a user namespace "/" and what is right below it may be the outside's).
// Otherwise kNotFound and kPermissionDenied as the kernel says.
[[nodiscard]] Result<UniqueFd> open_private(const std::string& path, int flags);

// The whole content of such a file. Errors: as open_private(), and kTooLarge beyond `most_bytes`.
[[nodiscard]] Result<std::string> read_private(const std::string& path, std::size_t most_bytes = std::size_t{1} << 20);

// The same for a file that others may read, but not change: mode 0644 at most, as public keys have.
[[nodiscard]] Result<std::string> read_trusted(const std::string& path, std::size_t most_bytes = std::size_t{1} << 20);

// What has to be true of each directory above such a file, see locate(). Errors: kBadRequest as above.
[[nodiscard]] Result<void> check_directory_above(const std::string& path, const struct stat& status);

// The same conditions for a directory, which may be readable by others. Errors: as open_private().
[[nodiscard]] Result<void> check_private_directory(const std::string& path);

}  // namespace shmbus::agent
