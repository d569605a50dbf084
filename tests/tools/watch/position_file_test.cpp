#include "tools/watch/position_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.hpp"
#include "tools/shared/input_file.hpp"

namespace shmbus {
namespace {

using testing::HasSubstr;

class PositionFile : public testing::Test {
 protected:
  std::string content() const { return *read_file(path, 100); }

  const TemporaryDirectory directory;
  const std::string path = directory.file("position");
};

TEST_F(PositionFile, SaysWhatWasSavedLast) {
  ASSERT_TRUE(save_position(path, {5133, 41}));
  ASSERT_TRUE(save_position(path, {5133, 42}));
  EXPECT_EQ(content(), "5133 42\n");
  EXPECT_EQ(*load_position(path), (StreamPosition{5133, 42}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1) << "nothing is left beside it";
}

TEST_F(PositionFile, ThatIsNotThereSaysNothing) {
  const Result<std::optional<StreamPosition>> position = load_position(path);
  ASSERT_TRUE(position) << position.error().message;
  EXPECT_FALSE(*position);
}

TEST_F(PositionFile, ThatSaysNoPositionIsABadRequestWithItsName) {
  for (const char* wrong : {"", "\n", "5133", "5133 ", "5133 x", "5133 42 43", "5133 42\n\n", " 5133 42", "5133  42",
                            "-1 42", "0 42", "9007199254740992 1", "5133 99999999999999999999", "junk"}) {
    std::ofstream(path) << wrong;
    const Result<std::optional<StreamPosition>> position = load_position(path);
    ASSERT_FALSE(position) << wrong;
    EXPECT_EQ(position.error().code, ErrorCode::kBadRequest);
    EXPECT_THAT(position.error().message, HasSubstr(path));
  }
}

TEST_F(PositionFile, ThatCannotBeWrittenIsAnErrorAtOnce) {
  for (const std::string& wrong : {directory.path(), directory.file("none/position")}) {
    const Result<std::optional<StreamPosition>> position = load_position(wrong);
    ASSERT_FALSE(position);
    EXPECT_THAT(position.error().message, HasSubstr(wrong));
  }
}

TEST_F(PositionFile, ThatCannotBeWrittenIsToldWithItsName) {
  const std::string nowhere = directory.file("none/position");
  const Result<void> saved = save_position(nowhere, {5133, 42});
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().message, HasSubstr(nowhere));
  EXPECT_EQ(saved.error().errno_value, ENOENT);
}

TEST_F(PositionFile, IsReplacedNotWrittenInto) {
  const std::string other = directory.file("other");
  std::ofstream(other) << "precious";
  std::filesystem::create_hard_link(other, path);
  ASSERT_TRUE(save_position(path, {5133, 42}));
  EXPECT_EQ(*read_file(other, 100), "precious");
  EXPECT_EQ(content(), "5133 42\n");
}

}  // namespace
}  // namespace shmbus
