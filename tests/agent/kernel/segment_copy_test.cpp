// Copies by the real kernel, where the pages of a segment are at hand and where they can't be had.
#include "agent/kernel/segment_copy.hpp"

#include <gtest/gtest.h>
#include <sys/shm.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kHugePage = std::uint64_t{2} << 20U;

// A segment that is gone with its last attachment, attached at a multiple of kHugePage.
class AlignedSegment {
 public:
  explicit AlignedSegment(int flags = 0) {
    const int shmid = shmget(IPC_PRIVATE, kHugePage, 0600 | flags);
    errno_ = errno;
    if (shmid >= 0) {
      char* const room = static_cast<char*>(shmat(room_, nullptr, 0));
      const auto rest = reinterpret_cast<std::uintptr_t>(room) % kHugePage;
      shmdt(room);
      void* const place = shmat(shmid, room + (kHugePage - rest), 0);
      errno_ = errno;
      if (place != reinterpret_cast<void*>(-1)) {
        mapping_ = {.shmid = shmid, .address = static_cast<std::byte*>(place), .size = kHugePage};
      }
      shmctl(shmid, IPC_RMID, nullptr);
    }
    shmctl(room_, IPC_RMID, nullptr);
  }
  ~AlignedSegment() {
    if (made()) {
      shmdt(mapping_.address);
    }
  }
  AlignedSegment(const AlignedSegment&) = delete;
  AlignedSegment& operator=(const AlignedSegment&) = delete;

  [[nodiscard]] bool made() const { return mapping_.address != nullptr; }
  [[nodiscard]] std::string why_not() const { return std::strerror(errno_); }
  [[nodiscard]] Mapping& mapping() { return mapping_; }

 private:
  int room_ = shmget(IPC_PRIVATE, 2 * kHugePage, 0600);
  int errno_ = 0;
  Mapping mapping_;
};

bool machine_has_huge_pages() {
  int total = 0;
  for (const char* const name : {"nr_hugepages", "nr_overcommit_hugepages"}) {
    int count = 0;
    std::ifstream(std::string("/proc/sys/vm/") + name) >> count;
    total += count;
  }
  return total > 0;
}

TEST(ASegmentCopy, OfOrdinaryPagesIsPlainHoweverTheyAreAligned) {
  AlignedSegment segment;
  ASSERT_TRUE(segment.made()) << segment.why_not();
  Mapping& mapping = segment.mapping();
  ASSERT_EQ(reinterpret_cast<std::uintptr_t>(mapping.address) % kHugePage, 0U);
  const std::vector<std::byte> data(kHugePage, std::byte{'s'});
  ASSERT_TRUE(copy_to_segment(mapping, 0, data).ok());
  EXPECT_FALSE(may_lack_pages(mapping.address, mapping.size));
  std::vector<std::byte> seen(kHugePage);
  ASSERT_TRUE(copy_from_segment(mapping, 0, seen).ok());
  EXPECT_EQ(seen, data) << "asking loses nothing";
}

TEST(ASegmentCopy, AsksNobodyAboutAPageBehindTheSegment) {
  AlignedSegment segment;
  ASSERT_TRUE(segment.made()) << segment.why_not();
  EXPECT_TRUE(may_lack_pages(segment.mapping().address, 100));
  EXPECT_FALSE(may_lack_pages(segment.mapping().address + 4096, 100));
}

TEST(ASegmentCopy, IsGuardedWherePagesMayBeMissing) {
  AlignedSegment segment;
  ASSERT_TRUE(segment.made()) << segment.why_not();
  Mapping& mapping = segment.mapping();
  mapping.may_lack_pages = true;
  const std::vector<std::byte> data(100, std::byte{'g'});
  ASSERT_TRUE(copy_to_segment(mapping, 4000, data).ok());
  std::vector<std::byte> seen(100);
  ASSERT_TRUE(copy_from_segment(mapping, 4000, seen).ok());
  EXPECT_EQ(seen, data);
}

TEST(ASegmentCopy, OfHugePagesThatCannotBeHadIsAnError) {
  AlignedSegment segment(SHM_HUGETLB | SHM_NORESERVE);
  if (!segment.made() || machine_has_huge_pages()) {
    GTEST_SKIP() << (segment.made() ? "this machine has huge pages" : "no segment of huge pages: " + segment.why_not());
  }
  Mapping& mapping = segment.mapping();
  mapping.may_lack_pages = may_lack_pages(mapping.address, mapping.size);
  EXPECT_TRUE(mapping.may_lack_pages);
  std::vector<std::byte> bytes(100);
  const Result<void> read = copy_from_segment(mapping, 0, bytes);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kNoMemory);
  const Result<void> written = copy_to_segment(mapping, 0, bytes);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kNoMemory);
  EXPECT_NE(written.error().message.find("0 of 100 bytes"), std::string::npos) << written.error().message;
}

}  // namespace
}  // namespace shmbus::agent
