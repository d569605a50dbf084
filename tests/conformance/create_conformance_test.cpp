// Creating and opening segments, and what the kernel refuses.
#include <cerrno>
#include <limits>

#include "tests/conformance/conformance.hpp"

namespace shmbus::agent {
namespace {

TEST_P(AShmKernel, CreatesASegmentAndTellsItsState) {
  const ShmId shmid = made(kKey, 100, Mode{0640});
  const Result<SegmentStat> stat = kernel_.stat(shmid);
  ASSERT_TRUE(stat.ok());
  EXPECT_EQ(stat->shm_key, kKey);
  EXPECT_EQ(stat->shm_shmid, shmid);
  EXPECT_EQ(stat->shm_segsz, 100U);
  EXPECT_EQ(stat->mode, Mode{0640});
  EXPECT_EQ(stat->uid, ::geteuid());
  EXPECT_EQ(stat->cgid, ::getegid());
  EXPECT_EQ(stat->shm_cpid, ::getpid());
  EXPECT_GT(stat->shm_ctime, 0);
  EXPECT_EQ(stat->shm_atime, 0);
  EXPECT_EQ(stat->shm_nattch, 0U);
  EXPECT_FALSE(stat->marked || stat->locked);
}

TEST_P(AShmKernel, OpensWhatHasTheKeyUnlessExclusive) {
  const ShmId shmid = made(kKey);
  const Result<Opened> opened = kernel_.create(kKey, 50, Mode{0600}, false);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->shmid, shmid);
  EXPECT_FALSE(opened->created);
  EXPECT_EQ(opened->shm_segsz, 100U);
  const Result<Opened> exclusive = kernel_.create(kKey, 50, Mode{0600}, true);
  expect_error(exclusive, ErrorCode::kExists, EEXIST);
  expect_told(exclusive, "segment " + std::to_string(shmid) + " (100 bytes)");
}

TEST_P(AShmKernel, TellsBothSizesWhenTheSegmentIsSmaller) {
  made(kKey, 100);
  const Result<Opened> opened = kernel_.create(kKey, 101, Mode{0600}, false);
  expect_error(opened, ErrorCode::kSizeMismatch, EINVAL);
  expect_told(opened, "100 bytes");
  expect_told(opened, "101 bytes");
}

TEST_P(AShmKernel, MakesANewSegmentForEveryPrivateKey) {
  const ShmId first = made(kPrivateKey);
  const Result<Opened> second = kernel_.create(kPrivateKey, 100, Mode{0600}, false);
  ASSERT_TRUE(second.ok());
  made_.push_back(second->shmid);
  EXPECT_TRUE(second->created);
  EXPECT_NE(second->shmid, first);
}

TEST_P(AShmKernel, RefusesMoreThanShmmax) {
  const Result<Opened> opened = kernel_.create(kKey, std::numeric_limits<std::uint64_t>::max(), Mode{0600}, true);
  expect_error(opened, ErrorCode::kLimitReached, EINVAL);
  expect_told(opened, "SHMMAX");
}

TEST_P(AShmKernel, TellsThatSegmentsAreUsedUp) {
  const std::uint64_t shmall = kernel_.limits().shmall;
  made(kPrivateKey);
  if (!subject_->limit(kernel_.usage().segments, shmall)) {
    GTEST_SKIP() << "needs root and a writable /proc/sys";
  }
  const Result<Opened> opened = kernel_.create(kKey, 100, Mode{0600}, false);
  expect_error(opened, ErrorCode::kLimitReached, ENOSPC);
  expect_told(opened, "SHMMNI");
  expect_told(opened, "sysctl -w kernel.shmmni=");
}

TEST_P(AShmKernel, TellsThatPagesAreUsedUp) {
  made(kPrivateKey, 1);
  const KernelLimits limits = kernel_.limits();
  if (!subject_->limit(limits.shmmni, kernel_.usage().pages + 2)) {
    GTEST_SKIP() << "needs root and a writable /proc/sys";
  }
  const Result<Opened> opened = kernel_.create(kKey, 2 * limits.page_size + 1, Mode{0600}, false);
  expect_error(opened, ErrorCode::kLimitReached, ENOSPC);
  expect_told(opened, "SHMALL");
  expect_told(opened, "3 pages");
}

INSTANTIATE_TEST_SUITE_P(Kernels, AShmKernel,
                         testing::Values(Variant{"Fake", [] { return std::make_unique<FakeSubject>(); }},
                                         Variant{"Sysv", [] { return std::make_unique<SysvSubject>(); }}),
                         [](const auto& variant) { return std::string(variant.param.name); });

}  // namespace
}  // namespace shmbus::agent
