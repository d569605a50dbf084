// A lock that one process at a time holds, by flock(2) on a file. The kernel releases it when the holder ends, however
// it ends. The file stays: if it were removed, two processes could lock two files of the same name.
#pragma once

#include <string>
#include <utility>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Holds the lock from acquire() until its destruction, which closes the file. Move-only.
class LockFile {
 public:
  // Creates the file at `place` (mode 0600) if it is missing, locks it without waiting, and writes the pid of this
  // process into it. `path` is the file's name in messages. Errors: kExists with the holder's pid if the lock is taken;
  // kPermissionDenied, also for a symbolic link; kNotFound.
  [[nodiscard]] static Result<LockFile> acquire(const Location& place, const std::string& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace shmbus::agent
