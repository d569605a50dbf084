#include "protocol/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

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

}  // namespace
}  // namespace shmbus
