// A guard that switches the calling thread to another effective user while it exists. Threads started meanwhile inherit
// that user. It makes the system call directly, because glibc's function would switch every thread of the process.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

namespace shmbus {

class ThreadUser {
 public:
  explicit ThreadUser(uid_t uid) : before_(::geteuid()), changed_(::syscall(SYS_setresuid, -1, uid, -1) == 0) {}
  ThreadUser(const ThreadUser&) = delete;
  ThreadUser& operator=(const ThreadUser&) = delete;
  ThreadUser(ThreadUser&&) = delete;
  ThreadUser& operator=(ThreadUser&&) = delete;
  ~ThreadUser() {
    if (changed_) {
      ::syscall(SYS_setresuid, -1, before_, -1);
    }
  }

  // Returns whether the switch worked: not without the right to it, and not if the user namespace does not map `uid`.
  [[nodiscard]] bool is_changed() const { return changed_; }

 private:
  uid_t before_;
  bool changed_;
};

}  // namespace shmbus
