// Finding, looking at, changing and removing segments.
#include <algorithm>
#include <cerrno>
#include <limits>

#include "tests/conformance/conformance.hpp"

namespace shmbus::agent {
namespace {

TEST_P(AShmKernel, FindsAnIdByItsKey) {
  expect_error(kernel_.find(kKey), ErrorCode::kNotFound, ENOENT);
  const ShmId shmid = made(kKey, 100, Mode{0});
  const Result<ShmId> found = kernel_.find(kKey);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, shmid);
}

TEST_P(AShmKernel, KnowsNoIdThatWasNeverGiven) {
  for (const ShmId shmid : {std::numeric_limits<ShmId>::max(), -1}) {
    expect_error(kernel_.stat(shmid), ErrorCode::kNotFound, EINVAL);
    EXPECT_EQ(kernel_.stat_any(shmid).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(kernel_.remove(shmid).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(kernel_.set(shmid, {}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(kernel_.attach(shmid, Access::kReadOnly).error().code, ErrorCode::kNotFound);
  }
}

TEST_P(AShmKernel, TakesZeroForAnIdLikeAnyOther) {
  const std::vector<SegmentStat> segments = kernel_.list();
  const bool zero = std::any_of(segments.begin(), segments.end(), [](const auto& s) { return s.shm_shmid == 0; });
  const ShmId first = made(kPrivateKey);
  if (first != 0 && !zero) {
    GTEST_SKIP() << "this namespace gave id 0 before";
  }
  EXPECT_TRUE(kernel_.stat_any(0).ok());
  EXPECT_EQ(kernel_.stat_any(0)->shm_shmid, 0);
}

TEST_P(AShmKernel, DoesNotTakeANewSegmentInTheSlotForTheOldOne) {
  const ShmId old = made(kPrivateKey);
  ASSERT_TRUE(kernel_.remove(old).ok());
  const ShmId young = made(kPrivateKey);
  ASSERT_NE(young, old);
  expect_error(kernel_.stat_any(old), ErrorCode::kNotFound, kernel_.stat_any(old).error().errno_value);
  expect_error(kernel_.stat(old), ErrorCode::kNotFound, kernel_.stat(old).error().errno_value);
  EXPECT_TRUE(kernel_.stat_any(young).ok());
}

TEST_P(AShmKernel, LooksWithoutARightAndShowsTheSameAsStat) {
  const ShmId shmid = made(kKey, 100, Mode{0600});
  ASSERT_TRUE(kernel_.stat_any(shmid).ok());
  EXPECT_EQ(*kernel_.stat_any(shmid), *kernel_.stat(shmid));
}

TEST_P(AShmKernel, ListsEverySegment) {
  std::vector<ShmId> expected;
  for (int i = 0; i < 5; ++i) {
    expected.push_back(made(kPrivateKey, 10, Mode{0}));
  }
  ASSERT_TRUE(kernel_.remove(expected[2]).ok());
  expected.erase(expected.begin() + 2);
  const std::vector<SegmentStat> segments = kernel_.list();
  for (const ShmId shmid : expected) {
    EXPECT_EQ(std::count(segments.begin(), segments.end(), *kernel_.stat_any(shmid)), 1);
  }
  EXPECT_EQ(segments.size(), kernel_.usage().segments);
}

TEST_P(AShmKernel, CountsSegmentsAndPages) {
  const KernelUsage before = kernel_.usage();
  const std::uint64_t page = kernel_.limits().page_size;
  made(kPrivateKey, page + 1);
  EXPECT_EQ(kernel_.usage().segments, before.segments + 1);
  EXPECT_EQ(kernel_.usage().pages, before.pages + 2);
}

TEST_P(AShmKernel, ChangesOnlyWhatIsAskedFor) {
  const ShmId shmid = made(kKey, 100, Mode{0600});
  const SegmentStat before = *kernel_.stat_any(shmid);
  ASSERT_TRUE(kernel_.set(shmid, {.uid = {}, .gid = {}, .mode = Mode{0}}).ok());
  EXPECT_EQ(kernel_.stat_any(shmid)->permissions(), (Permissions{before.uid, before.gid, Mode{0}}));
  ASSERT_TRUE(kernel_.set(shmid, {.uid = ::geteuid(), .gid = ::getegid(), .mode = {}}).ok());
  EXPECT_EQ(kernel_.stat_any(shmid)->permissions(), (Permissions{::geteuid(), ::getegid(), Mode{0}}));
}

TEST_P(AShmKernel, DestroysAtOnceWhatIsNotAttached) {
  const ShmId shmid = made(kKey);
  ASSERT_TRUE(kernel_.remove(shmid).ok());
  EXPECT_FALSE(kernel_.stat_any(shmid).ok());
  EXPECT_FALSE(kernel_.find(kKey).ok());
  EXPECT_EQ(kernel_.remove(shmid).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace shmbus::agent
