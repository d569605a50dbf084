// Attachments: their bytes, their count, and what they keep alive.
#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/conformance/conformance.hpp"

namespace shmbus::agent {
namespace {

TEST_P(AShmKernel, MarksWhatIsAttachedAndDestroysItAtTheLastDetach) {
  const ShmId shmid = made(kKey);
  Attachment first = attached(shmid);
  Attachment second = attached(shmid);
  ASSERT_TRUE(kernel_.remove(shmid).ok());
  ASSERT_TRUE(kernel_.remove(shmid).ok()) << "again is no error";
  EXPECT_TRUE(kernel_.stat_any(shmid)->marked);
  EXPECT_EQ(kernel_.stat_any(shmid)->shm_key, kPrivateKey);
  EXPECT_EQ(kernel_.stat_any(shmid)->mode, Mode{0600});
  EXPECT_FALSE(kernel_.find(kKey).ok());
  first.detach();
  EXPECT_EQ(kernel_.stat_any(shmid)->shm_nattch, 1U);
  second.detach();
  EXPECT_FALSE(kernel_.stat_any(shmid).ok());
}

TEST_P(AShmKernel, CountsAttachmentsAndTheirTimes) {
  const ShmId shmid = made(kKey);
  Attachment attachment = attached(shmid);
  EXPECT_EQ(attachment.size(), 100U);
  EXPECT_EQ(kernel_.stat_any(shmid)->shm_nattch, 1U);
  EXPECT_GT(kernel_.stat_any(shmid)->shm_atime, 0);
  EXPECT_EQ(kernel_.stat_any(shmid)->shm_lpid, ::getpid());
  attachment.detach();
  EXPECT_EQ(kernel_.stat_any(shmid)->shm_nattch, 0U);
  EXPECT_GT(kernel_.stat_any(shmid)->shm_dtime, 0);
}

TEST_P(AShmKernel, KeepsBytesBetweenAttachments) {
  for (const std::uint64_t size : {std::uint64_t{100}, std::uint64_t{8} << 20}) {
    const ShmId shmid = made(kPrivateKey, size);
    const std::array data{std::byte{1}, std::byte{0}, std::byte{255}};
    EXPECT_TRUE(attached(shmid).write(size - data.size(), data).ok());
    std::array<std::byte, 4> seen{};
    EXPECT_TRUE(attached(shmid, Access::kReadOnly).read(size - seen.size(), seen).ok());
    EXPECT_EQ(seen, (std::array{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{255}}));
    EXPECT_TRUE(attached(shmid).read(size, {}).ok());
    EXPECT_TRUE(attached(shmid).write(size, {}).ok());
  }
}

TEST_P(AShmKernel, DoesNotAttachWhatWouldBeDestroyedByTheDetach) {
  EXPECT_FALSE(kernel_.last_detach_destroys());
  const ShmId alone = made(kKey);
  const ShmId shared = made(kPrivateKey);
  Attachment others = attached(shared);
  if (!subject_->destroy_at_last_detach()) {
    GTEST_SKIP() << "needs an IPC namespace of its own";
  }
  EXPECT_TRUE(kernel_.last_detach_destroys());
  for (const Access access : {Access::kReadOnly, Access::kReadWrite}) {
    expect_error(kernel_.attach(alone, access), ErrorCode::kUnsupported, 0);
    expect_told(kernel_.attach(alone, access), "shm_rmid_forced");
    EXPECT_TRUE(kernel_.attach(shared, access).ok());
  }
  EXPECT_TRUE(kernel_.stat_any(alone).ok());
  EXPECT_TRUE(kernel_.stat_any(shared).ok());
  expect_error(kernel_.attach(32767, Access::kReadOnly), ErrorCode::kNotFound, EINVAL);
  others.detach();
  EXPECT_FALSE(kernel_.stat_any(shared).ok()) << "that was the last";
}

TEST_P(AShmKernel, ReadsWhatNobodyHasTouchedAsZeros) {
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 20) + 100;
  const ShmId shmid = made(kPrivateKey, kSize);
  Attachment attachment = attached(shmid);
  const std::array data{std::byte{1}, std::byte{2}};
  ASSERT_TRUE(attachment.write(kSize / 2, data).ok());
  ASSERT_TRUE(attachment.write(kSize - 2, data).ok());
  std::vector<std::byte> expected(kSize);
  std::copy(data.begin(), data.end(), expected.begin() + kSize / 2);
  std::copy(data.begin(), data.end(), expected.end() - 2);
  std::vector<std::byte> seen(kSize, std::byte{0xff});
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4096}, kSize / 2 + 1}) {
    ASSERT_TRUE(attachment.read(offset, std::span(seen).subspan(offset)).ok());
    EXPECT_TRUE(std::equal(seen.begin() + static_cast<std::ptrdiff_t>(offset), seen.end(),
                           expected.begin() + static_cast<std::ptrdiff_t>(offset)));
  }
}

TEST_P(AShmKernel, DoesNotWriteThroughAReadOnlyAttachment) {
  Attachment attachment = attached(made(kKey), Access::kReadOnly);
  const std::array data{std::byte{1}};
  expect_error(attachment.write(0, data), ErrorCode::kPermissionDenied, EACCES);
}

}  // namespace
}  // namespace shmbus::agent
