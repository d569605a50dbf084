#include "agent/kernel/kernel_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kUnforeseen = EXDEV;  // none of the calls gives it
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

constexpr CreateAttempt kAttempt{.key = 5679, .size = 10000, .mode = Mode{0640}};
constexpr KernelLimits kLimits{.shmmax = 8192, .shmall = 100, .shmmni = 4096, .page_size = 4096, .slots = 32768};
constexpr KernelUsage kUsage{.segments = 17, .pages = 98};

struct Expected {
  int errno_value;
  ErrorCode code;
};

void expect(const Error& error, ErrorCode code, int errno_value) {
  EXPECT_EQ(name_of(error.code), name_of(code)) << errno_name(errno_value);
  EXPECT_EQ(error.errno_value, errno_value);
  EXPECT_FALSE(error.message.empty());
}

Error create_failed(int errno_value) { return create_error(errno_value, kAttempt, kLimits, kUsage); }

TEST(KernelError, OfACreationHasACodeForEachErrno) {
  for (const auto& [errno_value, code] : std::vector<Expected>{{EACCES, ErrorCode::kPermissionDenied},
                                                               {ENOENT, ErrorCode::kBusy},
                                                               {EINVAL, ErrorCode::kLimitReached},
                                                               {ENOSPC, ErrorCode::kLimitReached},
                                                               {ENOMEM, ErrorCode::kNoMemory},
                                                               {ENFILE, ErrorCode::kLimitReached},
                                                               {kUnforeseen, ErrorCode::kInternal}}) {
    expect(create_failed(errno_value), code, errno_value);
  }
}

TEST(KernelError, OfACreationNamesTheKeyOrTheSize) {
  const SegmentStat existing{.shm_key = 5679, .shm_shmid = 3, .shm_segsz = 1};
  EXPECT_THAT(key_exists(kAttempt, existing).message, AllOf(HasSubstr("5679"), HasSubstr("segment 3 (1 byte)")));
  EXPECT_THAT(create_failed(EACCES).message, AllOf(HasSubstr("5679"), HasSubstr("mode 640")));
  EXPECT_THAT(create_failed(ENOENT).message, HasSubstr("5679"));
  EXPECT_THAT(create_failed(ENOMEM).message, HasSubstr("10000 bytes"));
  EXPECT_THAT(create_failed(ENFILE).hint, HasSubstr("fs.file-max"));
  EXPECT_THAT(create_failed(kUnforeseen).message, AllOf(HasSubstr("10000 bytes"), HasSubstr(std::strerror(EXDEV))));
}

TEST(KernelError, OfASegmentThatIsTooBigTellsShmmaxAndHowToRaiseIt) {
  const Error error = create_failed(EINVAL);
  EXPECT_THAT(error.message, AllOf(HasSubstr("10000 bytes"), HasSubstr("SHMMAX"), HasSubstr("8192 bytes")));
  EXPECT_THAT(error.hint, HasSubstr("kernel.shmmax=10000"));
}

TEST(KernelError, DoesNotBlameShmmaxForASizeBelowIt) {
  CreateAttempt attempt = kAttempt;
  attempt.size = 1;
  const Error error = create_error(EINVAL, attempt, kLimits, kUsage);
  expect(error, ErrorCode::kLimitReached, EINVAL);
  EXPECT_THAT(error.message, AllOf(HasSubstr("1 byte"), Not(HasSubstr("1 bytes")), Not(HasSubstr("SHMMAX"))));
}

TEST(KernelError, OfExhaustedPagesTellsShmallAndHowToRaiseIt) {
  const Error error = create_failed(ENOSPC);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("10000 bytes takes 3 pages"), HasSubstr("98 of SHMALL's 100"), Not(HasSubstr("SHMMNI"))));
  EXPECT_THAT(error.hint, HasSubstr("kernel.shmall=101"));
}

TEST(KernelError, OfExhaustedSegmentsTellsShmmniAndHowToRaiseIt) {
  const Error error = create_error(ENOSPC, kAttempt, kLimits, {.segments = 4096, .pages = 97});
  expect(error, ErrorCode::kLimitReached, ENOSPC);
  EXPECT_THAT(error.message, AllOf(HasSubstr("4096 of SHMMNI's 4096"), Not(HasSubstr("SHMALL"))));
  EXPECT_THAT(error.hint, HasSubstr("kernel.shmmni=8192"));
  KernelLimits highest = kLimits;
  highest.shmmni = highest.slots;
  EXPECT_THAT(create_error(ENOSPC, kAttempt, highest, {.segments = 32768, .pages = 97}).hint,
              HasSubstr("SHMMNI is at the maximum"));
}

TEST(KernelError, OfASizeThatDiffersTellsBoth) {
  const Error error = size_mismatch(kAttempt, {.shm_key = 5679, .shm_segsz = 1});
  expect(error, ErrorCode::kSizeMismatch, EINVAL);
  EXPECT_THAT(error.message, AllOf(HasSubstr("5679"), HasSubstr("1 byte,"), HasSubstr("10000 bytes")));
  EXPECT_THAT(error.hint, HasSubstr("at most 1 byte,"));
}

TEST(KernelError, OfOneSegmentHasACodeForEachErrnoAndNamesTheSegment) {
  for (const auto& [errno_value, code] : std::vector<Expected>{{EINVAL, ErrorCode::kNotFound},
                                                               {EIDRM, ErrorCode::kNotFound},
                                                               {ENOENT, ErrorCode::kNotFound},
                                                               {EACCES, ErrorCode::kPermissionDenied},
                                                               {EPERM, ErrorCode::kPermissionDenied},
                                                               {ENOMEM, ErrorCode::kNoMemory},
                                                               {kUnforeseen, ErrorCode::kInternal}}) {
    const Error error = segment_error(errno_value, "attach", 32771);
    expect(error, code, errno_value);
    EXPECT_THAT(error.message, HasSubstr("32771"));
    EXPECT_TRUE(code == ErrorCode::kNotFound || error.message.find("attach") != std::string::npos) << error.message;
  }
  EXPECT_THAT(segment_error(EPERM, "remove", 3).message, AllOf(HasSubstr("owner"), HasSubstr("creator")));
}

TEST(KernelError, OfAKeyThatNobodyHasNamesIt) {
  expect(key_not_found(4294967295), ErrorCode::kNotFound, ENOENT);
  EXPECT_THAT(key_not_found(4294967295).message, HasSubstr("4294967295"));
}

TEST(KernelError, OfAnUnmappedOwnerNamesIt) {
  expect(unmapped_owner("uid 5"), ErrorCode::kBadRequest, EINVAL);
  EXPECT_THAT(unmapped_owner("uid 5").message, HasSubstr("uid 5"));
}

TEST(KernelError, OfACopyTellsHowFarItCame) {
  for (const auto& [errno_value, code] : std::vector<Expected>{
           {EFAULT, ErrorCode::kNoMemory}, {ENOMEM, ErrorCode::kNoMemory}, {kUnforeseen, ErrorCode::kInternal}}) {
    const Error error = copy_error(errno_value, 4096, 8192);
    expect(error, code, errno_value);
    EXPECT_THAT(error.message, HasSubstr("4096 of 8192 bytes"));
  }
}

TEST(KernelError, OfAReadOnlyAttachmentIsAMissingRight) {
  expect(read_only_attachment(), ErrorCode::kPermissionDenied, EACCES);
  EXPECT_THAT(read_only_attachment().hint, Not(IsEmpty()));
}

TEST(Shmall, CountsWholePages) {
  EXPECT_EQ(pages_of(0, 4096), 0U);
  EXPECT_EQ(pages_of(1, 4096), 1U);
  EXPECT_EQ(pages_of(4096, 4096), 1U);
  EXPECT_EQ(pages_of(4097, 4096), 2U);
  EXPECT_EQ(pages_of(kMost, 4096), (std::uint64_t{1} << 52));
}

TEST(Shmall, IsExceededByOnePageTooManyAndWithoutOverflow) {
  EXPECT_FALSE(exceeds_shmall(8192, kLimits, kUsage));
  EXPECT_TRUE(exceeds_shmall(8193, kLimits, kUsage));
  EXPECT_TRUE(exceeds_shmall(kMost, kLimits, kUsage));
  EXPECT_TRUE(exceeds_shmall(0, kLimits, {.segments = 0, .pages = 101})) << "lowered below what is in use";
  EXPECT_FALSE(exceeds_shmall(4096, {.shmall = kMost, .page_size = 4096}, {.segments = 0, .pages = kMost - 1}));
}

}  // namespace
}  // namespace shmbus::agent
