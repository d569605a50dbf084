// Replaces the C library's getpid(2) in the whole process with one that remembers the pid. The C library asks the
// kernel each time, and libzmq calls it whenever it waits at, reads or writes one of its own descriptors, to notice a
// fork: nine times in a round trip. Without it a stat takes some 10 % longer where system calls are slow (sandboxes).
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<pid_t> known{0};  // 0: not known yet

// A child has its own pid, so fork(2) clears the remembered one. vfork(2) and a raw clone(2) do not run the handler;
// their child must not call getpid(). If the handler cannot be registered, nothing is remembered.
const bool kHearsOfForks = ::pthread_atfork(nullptr, nullptr, [] { known.store(0, std::memory_order_relaxed); }) == 0;

}  // namespace

extern "C" pid_t getpid() noexcept {
  pid_t pid = known.load(std::memory_order_relaxed);
  if (pid == 0) {
    pid = static_cast<pid_t>(::syscall(SYS_getpid));
    known.store(kHearsOfForks ? pid : 0, std::memory_order_relaxed);
  }
  return pid;
}
