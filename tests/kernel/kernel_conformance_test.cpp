// What ShmKernel promises, asked of the fake and of the real kernel alike. Run it in an IPC namespace of its own:
// unshare --ipc. Outside of one, and without root, it removes only what it made.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/kernel_subjects.hpp"

namespace shmbus::agent {
namespace {

constexpr Key kKey = 0xF0005679;  // negative as a key_t
constexpr std::uint32_t kStranger = 12345;

struct Variant {
  const char* name;
  std::function<std::unique_ptr<Subject>()> make;
};

class AShmKernel : public testing::TestWithParam<Variant> {
 protected:
  void TearDown() override {
    if (::getuid() == 0) subject_->become(0);
    for (const ShmId shmid : made_) static_cast<void>(kernel_.remove(shmid));
  }

  ShmId made(Key key, std::uint64_t size = 100, Mode mode = Mode{0600}) {
    const Result<Opened> opened = kernel_.create(key, size, mode, true);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      return -1;
    }
    made_.push_back(opened->shmid);
    return opened->shmid;
  }

  std::unique_ptr<Attachment> attached(ShmId shmid, Access access = Access::kReadWrite) {
    Result<std::unique_ptr<Attachment>> attachment = kernel_.attach(shmid, access);
    if (!attachment) throw std::runtime_error(attachment.error().message);
    return std::move(*attachment);
  }

  // A segment of root's, and the caller is somebody else from now on.
  bool stranger_meets(ShmId& shmid, Mode mode) {
    if (::getuid() != 0) return false;
    shmid = made(kKey, 100, mode);
    return subject_->become(kStranger);
  }

  const std::unique_ptr<Subject> subject_ = GetParam().make();
  ShmKernel& kernel_ = subject_->kernel();
  std::vector<ShmId> made_;
};

template <class T>
void expect_error(const Result<T>& result, ErrorCode code, int errno_value) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(name_of(result.error().code), name_of(code)) << result.error().message;
  EXPECT_EQ(errno_name(result.error().errno_value), errno_name(errno_value)) << result.error().message;
}

template <class T>
void expect_told(const Result<T>& result, std::string_view part) {
  ASSERT_FALSE(result.ok());
  EXPECT_NE((result.error().message + "|" + result.error().hint).find(part), std::string::npos)
      << result.error().message << "|" << result.error().hint;
}

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
  expect_error(kernel_.create(kKey, 50, Mode{0600}, true), ErrorCode::kExists, EEXIST);
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
  if (!subject_->limit(kernel_.usage().segments, shmall)) GTEST_SKIP() << "needs root and a writable /proc/sys";
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
    EXPECT_EQ(kernel_.look(shmid).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(kernel_.remove(shmid).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(kernel_.set(shmid, {}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(kernel_.attach(shmid, Access::kReadOnly).error().code, ErrorCode::kNotFound);
  }
}

TEST_P(AShmKernel, TakesZeroForAnIdLikeAnyOther) {
  const std::vector<SegmentStat> segments = kernel_.list();
  const bool zero = std::any_of(segments.begin(), segments.end(), [](const auto& s) { return s.shm_shmid == 0; });
  const ShmId first = made(kPrivateKey);
  if (first != 0 && !zero) GTEST_SKIP() << "this namespace gave id 0 before";
  EXPECT_TRUE(kernel_.look(0).ok());
  EXPECT_EQ(kernel_.look(0)->shm_shmid, 0);
}

TEST_P(AShmKernel, DoesNotTakeANewSegmentInTheSlotForTheOldOne) {
  const ShmId old = made(kPrivateKey);
  ASSERT_TRUE(kernel_.remove(old).ok());
  const ShmId young = made(kPrivateKey);
  ASSERT_NE(young, old);
  expect_error(kernel_.look(old), ErrorCode::kNotFound, kernel_.look(old).error().errno_value);
  expect_error(kernel_.stat(old), ErrorCode::kNotFound, kernel_.stat(old).error().errno_value);
  EXPECT_TRUE(kernel_.look(young).ok());
}

TEST_P(AShmKernel, LooksWithoutARightAndShowsTheSameAsStat) {
  const ShmId shmid = made(kKey, 100, Mode{0600});
  ASSERT_TRUE(kernel_.look(shmid).ok());
  EXPECT_EQ(*kernel_.look(shmid), *kernel_.stat(shmid));
}

TEST_P(AShmKernel, ListsEverySegment) {
  std::vector<ShmId> expected;
  for (int i = 0; i < 5; ++i) expected.push_back(made(kPrivateKey, 10, Mode{0}));
  ASSERT_TRUE(kernel_.remove(expected[2]).ok());
  expected.erase(expected.begin() + 2);
  const std::vector<SegmentStat> segments = kernel_.list();
  for (const ShmId shmid : expected) {
    EXPECT_EQ(std::count(segments.begin(), segments.end(), *kernel_.look(shmid)), 1);
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
  const SegmentStat before = *kernel_.look(shmid);
  ASSERT_TRUE(kernel_.set(shmid, {.uid = {}, .gid = {}, .mode = Mode{0}}).ok());
  EXPECT_EQ(kernel_.look(shmid)->permissions(), (Permissions{before.uid, before.gid, Mode{0}}));
  ASSERT_TRUE(kernel_.set(shmid, {.uid = ::geteuid(), .gid = ::getegid(), .mode = {}}).ok());
  EXPECT_EQ(kernel_.look(shmid)->permissions(), (Permissions{::geteuid(), ::getegid(), Mode{0}}));
}

TEST_P(AShmKernel, GivesASegmentToAnotherOwner) {
  const ShmId shmid = made(kKey);
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const Result<void> changed = kernel_.set(shmid, {.uid = kStranger, .gid = {}, .mode = {}});
  if (!changed && changed.error().code == ErrorCode::kBadRequest) {
    expect_told(changed, "uid 12345");
    GTEST_SKIP() << "this user namespace does not map the uid";
  }
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(kernel_.look(shmid)->uid, kStranger);
  EXPECT_EQ(kernel_.look(shmid)->cuid, 0U);
}

TEST_P(AShmKernel, DestroysAtOnceWhatIsNotAttached) {
  const ShmId shmid = made(kKey);
  ASSERT_TRUE(kernel_.remove(shmid).ok());
  EXPECT_FALSE(kernel_.look(shmid).ok());
  EXPECT_FALSE(kernel_.find(kKey).ok());
  EXPECT_EQ(kernel_.remove(shmid).error().code, ErrorCode::kNotFound);
}

TEST_P(AShmKernel, MarksWhatIsAttachedAndDestroysItAtTheLastDetach) {
  const ShmId shmid = made(kKey);
  std::unique_ptr<Attachment> first = attached(shmid);
  std::unique_ptr<Attachment> second = attached(shmid);
  ASSERT_TRUE(kernel_.remove(shmid).ok());
  ASSERT_TRUE(kernel_.remove(shmid).ok()) << "again is no error";
  EXPECT_TRUE(kernel_.look(shmid)->marked);
  EXPECT_EQ(kernel_.look(shmid)->shm_key, kPrivateKey);
  EXPECT_EQ(kernel_.look(shmid)->mode, Mode{0600});
  EXPECT_FALSE(kernel_.find(kKey).ok());
  first.reset();
  EXPECT_EQ(kernel_.look(shmid)->shm_nattch, 1U);
  second.reset();
  EXPECT_FALSE(kernel_.look(shmid).ok());
}

TEST_P(AShmKernel, CountsAttachmentsAndTheirTimes) {
  const ShmId shmid = made(kKey);
  std::unique_ptr<Attachment> attachment = attached(shmid);
  EXPECT_EQ(attachment->size(), 100U);
  EXPECT_EQ(kernel_.look(shmid)->shm_nattch, 1U);
  EXPECT_GT(kernel_.look(shmid)->shm_atime, 0);
  EXPECT_EQ(kernel_.look(shmid)->shm_lpid, ::getpid());
  attachment.reset();
  EXPECT_EQ(kernel_.look(shmid)->shm_nattch, 0U);
  EXPECT_GT(kernel_.look(shmid)->shm_dtime, 0);
}

TEST_P(AShmKernel, KeepsBytesBetweenAttachments) {
  // 8 MiB are likely to be aligned to huge pages, and then take the guarded copy.
  for (const std::uint64_t size : {std::uint64_t{100}, std::uint64_t{8} << 20}) {
    const ShmId shmid = made(kPrivateKey, size);
    const std::array data{std::byte{1}, std::byte{0}, std::byte{255}};
    EXPECT_TRUE(attached(shmid)->write(size - data.size(), data).ok());
    std::array<std::byte, 4> seen{};
    EXPECT_TRUE(attached(shmid, Access::kReadOnly)->read(size - seen.size(), seen).ok());
    EXPECT_EQ(seen, (std::array{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{255}}));
    EXPECT_TRUE(attached(shmid)->read(size, {}).ok());
    EXPECT_TRUE(attached(shmid)->write(size, {}).ok());
  }
}

TEST_P(AShmKernel, DoesNotWriteThroughAReadOnlyAttachment) {
  const std::unique_ptr<Attachment> attachment = attached(made(kKey), Access::kReadOnly);
  const std::array data{std::byte{1}};
  expect_error(attachment->write(0, data), ErrorCode::kPermissionDenied, EACCES);
}

TEST_P(AShmKernel, AllowsAStrangerWhatTheModeGrants) {
  ShmId shmid = 0;
  if (!stranger_meets(shmid, Mode{0604})) GTEST_SKIP() << "needs root with several uids";
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
  if (!stranger_meets(shmid, Mode{0600})) GTEST_SKIP() << "needs root with several uids";
  expect_error(kernel_.stat(shmid), ErrorCode::kPermissionDenied, EACCES);
  EXPECT_TRUE(kernel_.find(kKey).ok());
  EXPECT_TRUE(kernel_.look(shmid).ok());
}

TEST_P(AShmKernel, LetsAnOwnerWithoutTheRightToReadChangeTheMode) {
  if (::getuid() != 0 || !subject_->become(kStranger)) GTEST_SKIP() << "needs root with several uids";
  const ShmId shmid = made(kKey, 100, Mode{0});
  expect_error(kernel_.stat(shmid), ErrorCode::kPermissionDenied, EACCES);
  ASSERT_TRUE(kernel_.set(shmid, {.uid = {}, .gid = {}, .mode = Mode{0600}}).ok());
  EXPECT_TRUE(kernel_.stat(shmid).ok());
}

INSTANTIATE_TEST_SUITE_P(Kernels, AShmKernel,
                         testing::Values(Variant{"Fake", [] { return std::make_unique<FakeSubject>(); }},
                                         Variant{"Sysv", [] { return std::make_unique<SysvSubject>(); }}),
                         [](const auto& variant) { return std::string(variant.param.name); });

}  // namespace
}  // namespace shmbus::agent
