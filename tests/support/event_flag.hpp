// A flag with a descriptor (eventfd(2)) that is readable while the flag is raised. Any thread may use it.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace shmbus {

class EventFlag {
 public:
  EventFlag() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) {
      throw std::system_error(errno, std::generic_category(), "eventfd");
    }
  }
  EventFlag(const EventFlag&) = delete;
  EventFlag& operator=(const EventFlag&) = delete;
  EventFlag(EventFlag&&) = delete;
  EventFlag& operator=(EventFlag&&) = delete;
  ~EventFlag() { ::close(fd_); }

  void raise() const { ::eventfd_write(fd_, 1); }
  void lower() const {
    eventfd_t count = 0;
    ::eventfd_read(fd_, &count);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace shmbus
