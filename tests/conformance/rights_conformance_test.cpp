// What the kernel allows whom.
#include <cerrno>

#include "tests/conformance/conformance.hpp"

namespace shmbus::agent {
namespace {

TEST_P(AShmKernel, GivesASegmentToAnotherOwner) {
  const ShmId shmid = made(kKey);
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const Result<void> changed = kernel_.set(shmid, {.uid = kStranger, .gid = {}, .mode = {}});
  if (!changed && changed.error().code == ErrorCode::kBadRequest) {
    expect_told(changed, "uid 12345");
    GTEST_SKIP() << "this user namespace does not map the uid";
  }
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(kernel_.stat_any(shmid)->uid, kStranger);
  EXPECT_EQ(kernel_.stat_any(shmid)->cuid, 0U);
}

TEST_P(AShmKernel, AllowsAStrangerWhatTheModeGrants) {
  ShmId shmid = 0;
  if (!stranger_meets(shmid, Mode{0604})) {
    GTEST_SKIP() << "needs root with several uids";
  }
  EXPECT_TRUE(kernel_.stat(shmid).ok());
  EXPECT_TRUE(kernel_.attach(shmid, Access::kReadOnly).ok());
  expect_error(kernel_.attach(shmid, Access::kReadWrite), ErrorCode::kPermissionDenied, EACCES);
  EXPECT_TRUE(kernel_.create(kKey, 100, Mode{0400}, false).ok());
  expect_error(kernel_.create(kKey, 100, Mode{0600}, false), ErrorCode::kPermissionDenied, EACCES);
  expect_error(kernel_.create(kKey, 101, Mode{0600}, false), ErrorCode::kSizeMismatch, EINVAL);
  expect_error(kernel_.set(shmid, {.uid = {}, .gid = {}, .mode = Mode{0666}}), ErrorCode::kPermissionDenied, EPERM);
  expect_error(kernel_.remove(shmid), ErrorCode::kPermissionDenied, EPERM);
}

TEST_P(AShmKernel, ShowsAStrangerWithoutRightsWhatTheListShows) {
  ShmId shmid = 0;
  if (!stranger_meets(shmid, Mode{0600})) {
    GTEST_SKIP() << "needs root with several uids";
  }
  expect_error(kernel_.stat(shmid), ErrorCode::kPermissionDenied, EACCES);
  EXPECT_TRUE(kernel_.find(kKey).ok());
  EXPECT_TRUE(kernel_.stat_any(shmid).ok());
}

TEST_P(AShmKernel, LetsAnOwnerWithoutTheRightToReadChangeTheMode) {
  if (::getuid() != 0 || !subject_->become(kStranger)) {
    GTEST_SKIP() << "needs root with several uids";
  }
  const ShmId shmid = made(kKey, 100, Mode{0});
  expect_error(kernel_.stat(shmid), ErrorCode::kPermissionDenied, EACCES);
  ASSERT_TRUE(kernel_.set(shmid, {.uid = {}, .gid = {}, .mode = Mode{0600}}).ok());
  EXPECT_TRUE(kernel_.stat(shmid).ok());
}

}  // namespace
}  // namespace shmbus::agent
