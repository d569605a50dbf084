#include "agent/system/trusted_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "agent/kernel/host_facts.hpp"
#include "agent/system/process.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

Error refused(const std::string& path, const std::string& why, const std::string& hint) {
  return {.code = ErrorCode::kBadRequest, .message = escape_foreign(path) + " was rejected: " + why, .hint = hint};
}

Result<void> check_owner(const std::string& path, const struct stat& status) {
  if (!is_us_or_root(status.st_uid)) {
    return refused(path, "it is owned by uid " + std::to_string(status.st_uid),
                   "its owner must be root or uid " + std::to_string(::geteuid()));
  }
  return {};
}

// In a user namespace the root outside cannot be told from other unmapped users. An unmapped owner of "/" or of a
// directory right below it is taken for that root.
bool is_roots_outside(const std::filesystem::path& directory, const struct stat& status) {
  return status.st_uid == overflow_uid() && !maps_uid(status.st_uid) && directory.parent_path() == "/";
}

Result<UniqueFd> open_below(const Location& place, const std::string& path, int flags) {
  UniqueFd file(::openat(place.directory.get(), place.name.c_str(),
                         flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, S_IRUSR | S_IWUSR));
  if (!file) {
    const int failure = errno;
    return failure == ELOOP ? refused(path, "it is a symbolic link", "give the path of the file itself")
                            : errno_error(failure, escape_foreign(path));
  }
  return file;
}

// A set of permission bits that a file must not have, with the objection and the remedy for the message.
struct Forbidden {
  mode_t bits;
  const char* objection;
  const char* remedy;
};
constexpr Forbidden kAnyAccess{S_IRWXG | S_IRWXO | S_IXUSR, "other users can access it", "chmod 0600 "};
constexpr Forbidden kChange{S_IWGRP | S_IWOTH, "other users can modify it", "chmod go-w "};

Result<UniqueFd> open_checked(const std::string& path, int flags, const Forbidden& forbidden) {
  const Result<Location> place = locate(path, LastLink::kKeep, check_directory_above);
  if (!place) {
    return place.error();
  }
  Result<UniqueFd> file = open_below(*place, path, flags);
  if (!file) {
    return file;
  }
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) {
    return errno_error(errno, escape_foreign(path));
  }
  if (!S_ISREG(status.st_mode)) {
    return refused(path, "it is not a regular file", "");
  }
  if (Result<void> owned = check_owner(path, status); !owned) {
    return std::move(owned).error();
  }
  if ((status.st_mode & forbidden.bits) != 0) {
    return refused(path, forbidden.objection, forbidden.remedy + escape_foreign(path));
  }
  return file;
}

Result<std::string> read_checked(const std::string& path, std::size_t most_bytes, const Forbidden& forbidden) {
  const Result<UniqueFd> file = open_checked(path, O_RDONLY, forbidden);
  if (!file) {
    return file.error();
  }
  std::string content;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t got = ::read(file->get(), block.data(), block.size());
    if (got < 0) {
      return errno_error(errno, escape_foreign(path));
    }
    if (got == 0) {
      return content;
    }
    content.append(block.data(), static_cast<std::size_t>(got));
    if (content.size() > most_bytes) {
      return Error{.code = ErrorCode::kTooLarge,
                   .message = escape_foreign(path) + " has more than " + std::to_string(most_bytes) + " bytes"};
    }
  }
}

}  // namespace

Result<UniqueFd> open_private(const std::string& path, int flags) { return open_checked(path, flags, kAnyAccess); }

Result<std::string> read_private(const std::string& path, std::size_t most_bytes) {
  return read_checked(path, most_bytes, kAnyAccess);
}

Result<std::string> read_trusted(const std::string& path, std::size_t most_bytes) {
  return read_checked(path, most_bytes, kChange);
}

Result<void> check_directory_above(const std::string& path, const struct stat& status) {
  if (Result<void> owned = check_owner(path, status); !owned && !is_roots_outside(path, status)) {
    return owned;
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return refused(path, "other users can replace the files in it", "chmod go-w " + escape_foreign(path));
  }
  return {};
}

Result<void> check_private_directory(const std::string& path) {
  const Result<Location> place = locate(path + "/", LastLink::kKeep, check_directory_above);
  return place ? Result<void>() : place.error();
}

}  // namespace shmbus::agent
