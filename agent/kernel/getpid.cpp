// getpid(2) of the whole process, in place of the C library's, which asks the kernel each time. libzmq calls it
// whenever it waits at, reads or writes one of its own descriptors, to notice a fork: nine times for a round trip. It
// stays because without it a stat takes some 10 % longer where system calls are slow (sandboxes).
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<pid_t> known{0};  // 0: not asked yet

// A child has a number of its own. One of vfork(2) or of a raw clone(2) is not told of: it may not ask.
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
