// A lock that one process at a time holds, by flock(2) on a file. The kernel lets go of it when the holder ends,
// however it ends; the file stays, because removing it would let two holders lock two files of one name.
#pragma once

#include <string>
#include <utility>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

class LockFile {
 public:
  // Creates the file at `place` (0600) if it is missing, locks it and writes our pid into it; never waits. Messages
  // call it `path`. Errors: kExists with the holder's pid if it is taken, kPermissionDenied (a link, too), kNotFound.
  [[nodiscard]] static Result<LockFile> acquire(const Location& place, const std::string& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace shmbus::agent
