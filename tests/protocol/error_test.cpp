#include "protocol/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "protocol/text.hpp"

namespace shmbus {
namespace {

TEST(AnErrorCode, IsFoundByItsName) {
  std::set<std::string_view> names;
  for (int number = 0; number <= static_cast<int>(ErrorCode::kInternal); ++number) {
    const auto code = static_cast<ErrorCode>(number);
    EXPECT_EQ(error_code_named(name_of(code)), code);
    EXPECT_TRUE(names.insert(name_of(code)).second);
  }
  EXPECT_EQ(name_of(ErrorCode::kKeyMismatch), "key_mismatch");
  EXPECT_FALSE(error_code_named("nonsense"));
}

TEST(AnErrorCode, HasTheExitStatusOfTheContract) {
  EXPECT_EQ(exit_status_of(ErrorCode::kBadRequest), 2);
  EXPECT_EQ(exit_status_of(ErrorCode::kUnknownOp), 2);
  EXPECT_EQ(exit_status_of(ErrorCode::kNotFound), 3);
  EXPECT_EQ(exit_status_of(ErrorCode::kPermissionDenied), 4);
  EXPECT_EQ(exit_status_of(ErrorCode::kSizeMismatch), 5);
  EXPECT_EQ(exit_status_of(ErrorCode::kNotText), 5);
  EXPECT_EQ(exit_status_of(ErrorCode::kCompacted), 5);
  EXPECT_EQ(exit_status_of(ErrorCode::kBusy), 6);
  EXPECT_EQ(exit_status_of(ErrorCode::kNoMemory), 6);
  EXPECT_EQ(exit_status_of(ErrorCode::kInternal), 1);
  EXPECT_EQ(exit_status_of(ErrorCode::kNoAnswer), 7);
  EXPECT_EQ(exit_status_of(ErrorCode::kTimedOut), 8);
  EXPECT_EQ(exit_status_of(ErrorCode::kInterrupted), 130);
}

TEST(AnErrno, HasItsName) {
  EXPECT_EQ(errno_name(0), "");
  EXPECT_EQ(errno_name(EACCES), "EACCES");
  EXPECT_EQ(errno_name(EIDRM), "EIDRM");
}

TEST(AnErrno, OfAFileHasItsCodeAndNamesTheFile) {
  using Expected = std::pair<int, ErrorCode>;
  for (const auto& [errno_value, code] : std::vector<Expected>{{EACCES, ErrorCode::kPermissionDenied},
                                                               {EPERM, ErrorCode::kPermissionDenied},
                                                               {EROFS, ErrorCode::kPermissionDenied},
                                                               {ELOOP, ErrorCode::kPermissionDenied},
                                                               {ENOENT, ErrorCode::kNotFound},
                                                               {EEXIST, ErrorCode::kExists},
                                                               {ENOTDIR, ErrorCode::kNotFound},
                                                               {EMFILE, ErrorCode::kLimitReached},
                                                               {ENFILE, ErrorCode::kLimitReached},
                                                               {ENOSPC, ErrorCode::kLimitReached},
                                                               {EDQUOT, ErrorCode::kLimitReached},
                                                               {ENOMEM, ErrorCode::kNoMemory},
                                                               {EIO, ErrorCode::kInternal}}) {
    const Error error = file_error(errno_value, "open", "/run/x\xff.lock");
    EXPECT_EQ(name_of(error.code), name_of(code)) << errno_name(errno_value);
    EXPECT_EQ(error.errno_value, errno_value);
    EXPECT_TRUE(error.message.starts_with("cannot open /run/x\\xff.lock: "));
    EXPECT_TRUE(is_utf8(error.message)) << "so that it can go into a reply";
  }
}

TEST(AnErrno, HasAnotherCodeWhereTheCallerKnowsBetter) {
  const Error error = errno_error(ENOENT, "a ring", ErrorCode::kUnsupported);
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_EQ(error.message, "a ring: No such file or directory");
}

}  // namespace
}  // namespace shmbus
