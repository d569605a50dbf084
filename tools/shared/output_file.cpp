#include "tools/shared/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "protocol/endpoint/random.hpp"
#include "protocol/number.hpp"

namespace shmbus {
namespace {

constexpr mode_t kMode = 0600;
constexpr std::size_t kBlock = 4096;  // bytes; the smallest hole of common file systems

Error cannot_write(const std::string& path, int errno_value) {
  const ErrorCode code = errno_value == EEXIST ? ErrorCode::kExists : ErrorCode::kInternal;
  return file_error(errno_value, "write to", path, code);
}

Error refused(const std::string& path, const std::string& why) {
  return {ErrorCode::kPermissionDenied, "'" + path + "' was not written: " + why, "choose another name or directory",
          EPERM};
}

// Returns N if the place is /proc/self/fd/N, to which /dev/stdout leads.
std::optional<int> descriptor_at(const Location& place) {
  struct stat here {};
  struct stat own {};
  const bool is_own = ::fstat(place.directory.get(), &here) == 0 && ::stat("/proc/self/fd", &own) == 0 &&
                      here.st_dev == own.st_dev && here.st_ino == own.st_ino;
  return is_own ? parse_number<int>(place.name) : std::nullopt;
}

// Returns whether the name is an entry for the open file.
bool is_at(const Location& place, int file) {
  struct stat there {};
  struct stat open {};
  return ::fstatat(place.directory.get(), place.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstat(file, &open) == 0 && there.st_dev == open.st_dev && there.st_ino == open.st_ino;
}

bool is_device(const struct stat& status) { return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode); }

bool is_own(const struct stat& status) { return status.st_uid == ::geteuid(); }

bool is_own_file(int directory, const char* name) {
  struct stat status {};
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) && is_own(status);
}

std::string owner_of(const struct stat& status) { return "it is owned by uid " + std::to_string(status.st_uid); }

bool is_zero(std::string_view block) {
  return block.front() == '\0' && std::memcmp(block.data(), block.data() + 1, block.size() - 1) == 0;
}

// Returns the length of the first run of blocks in `data` that are all zero or all not, and true if they are zero.
// Blocks are aligned in the file, where the data begins at `offset`.
std::pair<std::size_t, bool> first_run(std::string_view data, std::uint64_t offset) {
  std::size_t length = 0;
  bool zero = false;
  while (length < data.size()) {
    const std::size_t block = std::min(kBlock - (offset + length) % kBlock, data.size() - length);
    const bool is_hole = is_zero(data.substr(length, block));
    if (length > 0 && is_hole != zero) {
      break;
    }
    zero = is_hole;
    length += block;
  }
  return {length, zero};
}

}  // namespace

OutputFile::~OutputFile() {
  if (is_replacing() && !temporary_.empty()) {
    ::unlinkat(place_.directory.get(), temporary_.c_str(), 0);
  }
}

Result<OutputFile> OutputFile::open(const std::string& path, ExistingFile existing) {
  if (path == "-") {
    return open_descriptor(STDOUT_FILENO, "stdout");
  }
  Result<Location> place = locate(path, existing == ExistingFile::kReplace ? LastLink::kFollow : LastLink::kKeep);
  if (!place) {
    const Error& error = place.error();
    return error.code == ErrorCode::kPermissionDenied && error.errno_value == ELOOP
               ? error
               : cannot_write(path, error.errno_value);
  }
  if (const std::optional<int> descriptor = descriptor_at(*place)) {
    return open_descriptor(*descriptor, path);
  }
  struct stat status {};
  if (::fstatat(place->directory.get(), place->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? make_beside(*std::move(place), path, false) : cannot_write(path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return cannot_write(path, EISDIR);
  }
  if (existing == ExistingFile::kRefuse) {
    return Error{ErrorCode::kExists, "'" + path + "' already exists", "", EEXIST};
  }
  if (is_device(status) || (S_ISFIFO(status.st_mode) && is_own(status))) {
    return open_as_it_is(*place, path);
  }
  if (!is_own(status)) {
    return refused(path, owner_of(status));
  }
  if (!S_ISREG(status.st_mode)) {
    return refused(path, "it is not a file, a device or a FIFO");
  }
  if (::faccessat(place->directory.get(), place->name.c_str(), W_OK, AT_EACCESS) != 0) {
    return cannot_write(path, errno);
  }
  return make_beside(*std::move(place), path, true);
}

Result<OutputFile> OutputFile::open_descriptor(int descriptor, std::string path) {
  UniqueFd file(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  return file ? Result<OutputFile>(OutputFile(std::move(file), std::move(path))) : cannot_write(path, errno);
}

// Checks the type again after opening: another file may have taken the name since open() saw it.
Result<OutputFile> OutputFile::open_as_it_is(const Location& place, std::string path) {
  UniqueFd file(::openat(place.directory.get(), place.name.c_str(), O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return cannot_write(path, errno);
  }
  if (!is_device(status) && !(S_ISFIFO(status.st_mode) && is_own(status))) {
    return refused(path, "another file took its place in the meantime");
  }
  return OutputFile(std::move(file), std::move(path));
}

Result<OutputFile> OutputFile::make_beside(Location place, std::string path, bool replaces) {
  std::string temporary = ".shmbus-" + random_hex(8);
  UniqueFd file(
      ::openat(place.directory.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file) {
    return cannot_write(path, errno);
  }
  OutputFile made(std::move(file), std::move(path));
  made.place_ = std::move(place);
  made.temporary_ = std::move(temporary);
  made.replaces_ = replaces;
  return made;
}

Result<void> OutputFile::write(std::string_view data) {
  while (!data.empty()) {
    const auto [length, is_hole] = is_replacing() ? first_run(data, size_) : std::pair(data.size(), false);
    if (!is_hole) {
      if (Result<void> appended = append(data.substr(0, length)); !appended) {
        return appended;
      }
    }
    size_ += length;
    data.remove_prefix(length);
  }
  return {};
}

// A temporary file is written at `size_`, since skipped holes do not move its file position.
Result<void> OutputFile::append(std::string_view data) {
  for (std::size_t done = 0; done < data.size();) {
    const std::string_view rest = data.substr(done);
    const ssize_t written = is_replacing()
                                ? ::pwrite(file_.get(), rest.data(), rest.size(), static_cast<off_t>(size_ + done))
                                : ::write(file_.get(), rest.data(), rest.size());
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      return cannot_write(path_, errno);
    }
  }
  return {};
}

Result<void> OutputFile::commit() {
  if (is_replacing() && (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0 ||
                         ::fchmod(file_.get(), kMode) != 0 || ::fsync(file_.get()) != 0)) {
    return cannot_write(path_, errno);
  }
  if (is_replacing()) {
    if (Result<void> taken = replaces_ ? replace() : take_new_name(); !taken) {
      return taken;
    }
    if (!is_at(place_, file_.get())) {  // another user of the directory exchanged it
      return refused(path_, "another file took its place in the meantime");
    }
  }
  return ::close(file_.release()) == 0 ? Result<void>() : cannot_write(path_, errno);
}

Result<void> OutputFile::take_new_name() {
  const int directory = place_.directory.get();
  const char* const from = temporary_.c_str();
  const char* const to = place_.name.c_str();
  bool taken = ::renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0;
  if (!taken && errno == EINVAL) {  // a file system without RENAME_NOREPLACE, such as NFS
    taken = ::linkat(directory, from, directory, to, 0) == 0 && ::unlinkat(directory, from, 0) == 0;
  }
  if (!taken) {
    return cannot_write(path_, errno);
  }
  temporary_.clear();
  return {};
}

// Exchanges the two files first and checks the old one under its temporary name, which no other process expects. If the
// old file is not this user's, it is put back.
Result<void> OutputFile::replace() {
  const int directory = place_.directory.get();
  const char* const ours = temporary_.c_str();
  const char* const name = place_.name.c_str();
  const auto exchange = [&] { return ::renameat2(directory, ours, directory, name, RENAME_EXCHANGE) == 0; };
  if (exchange()) {
    if (is_own_file(directory, ours)) {
      return {};  // the destructor removes the old file
    }
    if (!exchange()) {
      temporary_.clear();  // the name belongs to another user's file
    }
    return refused(path_, "another file took its place in the meantime");
  }
  if (errno != EINVAL) {
    return cannot_write(path_, errno);
  }
  // A file system without RENAME_EXCHANGE, such as NFS.
  if (!is_own_file(directory, name)) {
    return refused(path_, "another file took its place in the meantime");
  }
  if (::renameat(directory, ours, directory, name) != 0) {
    return cannot_write(path_, errno);
  }
  temporary_.clear();
  return {};
}

void OutputFile::withdraw() {
  if (is_replacing() && temporary_.empty()) {
    ::unlinkat(place_.directory.get(), place_.name.c_str(), 0);
  }
}

Result<void> write_file(const std::string& path, std::string_view data) {
  Result<OutputFile> file = OutputFile::open(path);
  if (!file) {
    return file.error();
  }
  Result<void> written = file->write(data);
  return written ? file->commit() : written;
}

}  // namespace shmbus
