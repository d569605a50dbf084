#include "tools/send/keygen.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "protocol/client/curve.hpp"

namespace shmbus {
namespace {

Error failed(const std::string& path, int errno_value) {
  ErrorCode code = ErrorCode::kInternal;
  std::string hint;
  switch (errno_value) {
    case EEXIST:
      code = ErrorCode::kExists;
      hint = "keys are not overwritten: take another name or directory, or remove the file if nobody uses its keys";
      break;
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::kNotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::kPermissionDenied;
      break;
    default:
      break;
  }
  return {code, "cannot make " + path + ": " + std::generic_category().message(errno_value), hint, errno_value};
}

// A file that was not there before, and goes again unless it is kept.
class NewFile {
 public:
  NewFile(std::string path, mode_t mode)
      : path_(std::move(path)),
        mode_(mode),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)),
        failure_(fd_ < 0 ? errno : 0) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ >= 0) {
      ::close(fd_);
      ::unlink(path_.c_str());
    }
  }

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Error error() const { return failed(path_, failure_); }

  // All of `content`, on the disk, with the mode whatever the umask is.
  bool write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t written = ::write(fd_, content.data(), content.size());
      if (written < 0 && errno != EINTR) {
        break;
      }
      content.remove_prefix(static_cast<std::size_t>(written < 0 ? 0 : written));
    }
    const bool done = content.empty() && ::fchmod(fd_, mode_) == 0 && ::fsync(fd_) == 0;
    failure_ = done ? 0 : errno;
    return done;
  }
  void keep() {
    ::close(fd_);
    fd_ = -1;
  }

 private:
  const std::string path_;
  const mode_t mode_;
  int fd_;
  int failure_;
};

}  // namespace

Result<KeyFiles> make_key_files(const std::string& name, const std::string& directory) {
  if (!is_key_name(name)) {
    return Error{ErrorCode::kBadRequest, "'" + name + "' can't name a key", "a name has 1 to 64 of A-Z a-z 0-9 . _ -"};
  }
  const Result<CurvePair> pair = make_curve_pair();
  if (!pair) {
    return pair.error();
  }
  const std::string stem = directory + (directory.ends_with('/') ? "" : "/") + name;
  NewFile secret(stem + kKeyPairSuffix, S_IRUSR | S_IWUSR);
  if (!secret.is_open()) {
    return secret.error();
  }
  NewFile shared(stem + kPublicKeySuffix, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (!shared.is_open()) {
    return shared.error();
  }
  if (!secret.write(key_pair_file(name, *pair))) {
    return secret.error();
  }
  if (!shared.write(public_key_file(name, pair->public_key))) {
    return shared.error();
  }
  secret.keep();
  shared.keep();
  return KeyFiles{secret.path(), shared.path(), pair->public_key};
}

}  // namespace shmbus
