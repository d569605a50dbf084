// The calling thread as another user while it lives, and the threads that it starts. The kernel knows users by thread;
// only glibc's functions change all threads of a process, so the system call is made directly.
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

  // False if this process may not, or `uid` is not mapped in its user namespace.
  [[nodiscard]] bool is_changed() const { return changed_; }

 private:
  uid_t before_;
  bool changed_;
};

}  // namespace shmbus
