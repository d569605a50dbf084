#include "agent/base/memory_reserve.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <new>
#include <vector>

namespace shmbus::agent {
namespace {

constexpr std::size_t kPiece = 1 << 20;

// Lets the process have no more address space than it has, and a little.
void leave_no_room() {
  std::FILE* const statm = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  const bool is_read = statm != nullptr && std::fscanf(statm, "%lu", &pages) == 1;
  std::fclose(statm);
  const rlim_t bytes = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (256 << 10);
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  if (!is_read || ::setrlimit(RLIMIT_AS, &limit) != 0) {
    ::_exit(10);
  }
}

// Runs `check` in a process of its own and returns its result.
template <class Check>
int in_child(Check check) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(check());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(AMemoryReserve, IsUsedWhenAnAllocationFailsAndTakenAgainLater) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need address space without a limit, and do not call the handler of operator new";
#endif
  EXPECT_EQ(in_child([] {
              MemoryReserve::take();
              leave_no_room();
              std::vector<std::unique_ptr<char[]>> kept;
              kept.reserve(100);
              try {
                for (int i = 0; i < 100; ++i) {
                  kept.push_back(std::make_unique_for_overwrite<char[]>(kPiece));
                }
              } catch (const std::bad_alloc&) {
              }
              if (kept.size() < 3 || kept.size() == 100) {
                return 1;  // the reserve did not help, or nothing failed
              }
              if (MemoryReserve::is_there()) {
                return 2;
              }
              kept.clear();
              return MemoryReserve::is_there() ? 0 : 3;
            }),
            0);
}

TEST(AMemoryReserve, IsThereAfterItWasTaken) {
  EXPECT_EQ(in_child([] {
              MemoryReserve::take();
              return MemoryReserve::is_there() ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace shmbus::agent
