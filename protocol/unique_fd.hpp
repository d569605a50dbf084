// An owner of one open file descriptor, which the destructor closes.
#pragma once

#include <unistd.h>

#include <utility>

namespace shmbus {

// Move-only. An object that is default-constructed or moved from owns nothing, and its get() is -1. Not thread-safe.
class UniqueFd {
 public:
  UniqueFd() = default;
  // Takes ownership of `fd`. A negative value means none, so the result of open(2) can be passed without a check.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset(other.release());
    }
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  explicit operator bool() const { return valid(); }

  // Returns the descriptor and gives up its ownership: the caller closes it.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  // Closes the descriptor and takes ownership of `fd`. Errors of close(2) are ignored: Linux frees the descriptor
  // anyway.
  void reset(int fd = -1) {
    const int old = std::exchange(fd_, fd);
    if (old >= 0) {
      ::close(old);
    }
  }

 private:
  int fd_ = -1;
};

}  // namespace shmbus
