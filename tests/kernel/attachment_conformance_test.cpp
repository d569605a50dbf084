// Attachments: their bytes, their count, and what they keep alive.
#include <array>
#include <cerrno>

#include "tests/kernel/conformance.hpp"

namespace shmbus::agent {
namespace {

TEST_P(AShmKernel, MarksWhatIsAttachedAndDestroysItAtTheLastDetach) {
  const ShmId shmid = made(kKey);
  Attachment first = attached(shmid);
  Attachment second = attached(shmid);
  ASSERT_TRUE(kernel_.remove(shmid).ok());
  ASSERT_TRUE(kernel_.remove(shmid).ok()) << "again is no error";
  EXPECT_TRUE(kernel_.look(shmid)->marked);
  EXPECT_EQ(kernel_.look(shmid)->shm_key, kPrivateKey);
  EXPECT_EQ(kernel_.look(shmid)->mode, Mode{0600});
  EXPECT_FALSE(kernel_.find(kKey).ok());
  first.detach();
  EXPECT_EQ(kernel_.look(shmid)->shm_nattch, 1U);
  second.detach();
  EXPECT_FALSE(kernel_.look(shmid).ok());
}

TEST_P(AShmKernel, CountsAttachmentsAndTheirTimes) {
  const ShmId shmid = made(kKey);
  Attachment attachment = attached(shmid);
  EXPECT_EQ(attachment.size(), 100U);
  EXPECT_EQ(kernel_.look(shmid)->shm_nattch, 1U);
  EXPECT_GT(kernel_.look(shmid)->shm_atime, 0);
  EXPECT_EQ(kernel_.look(shmid)->shm_lpid, ::getpid());
  attachment.detach();
  EXPECT_EQ(kernel_.look(shmid)->shm_nattch, 0U);
  EXPECT_GT(kernel_.look(shmid)->shm_dtime, 0);
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

TEST_P(AShmKernel, DoesNotWriteThroughAReadOnlyAttachment) {
  Attachment attachment = attached(made(kKey), Access::kReadOnly);
  const std::array data{std::byte{1}};
  expect_error(attachment.write(0, data), ErrorCode::kPermissionDenied, EACCES);
}

}  // namespace
}  // namespace shmbus::agent
