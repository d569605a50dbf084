// The agent's own getpid, with which this program is linked as the agent is.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

bool is_right() { return ::getpid() == ::syscall(SYS_getpid); }

TEST(Getpid, IsTheKernels) {
  EXPECT_TRUE(is_right());
  EXPECT_TRUE(is_right());
}

TEST(Getpid, IsAnotherInAChild) {
  ASSERT_TRUE(is_right());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::_exit(is_right() && is_right() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(is_right());
}

}  // namespace
