#include "agent/system/trusted_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

class APrivateFile : public ::testing::Test {
 protected:
  std::string file(const std::string& name, mode_t mode, const std::string& content = "content") {
    std::string path = directory.path() + "/" + name;
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::string refusal(const std::string& path) {
    const Result<std::string> read = read_private(path);
    return read.ok() ? std::string() : read.error().message;
  }

  const TemporaryDirectory directory;
};

TEST_F(APrivateFile, IsReadWhole) {
  const std::string content(10'000, 'x');
  EXPECT_EQ(read_private(file("own", 0600, content)).value(), content);
  EXPECT_EQ(read_private(file("readonly", 0400)).value(), "content");
  EXPECT_EQ(read_private(file("large", 0600, content), 9'999).error().code, ErrorCode::kTooLarge);
}

TEST_F(APrivateFile, IsMadeForTheAgentAlone) {
  const std::string path = directory.path() + "/new";
  ASSERT_TRUE(open_private(path, O_WRONLY | O_CREAT | O_APPEND).ok());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(APrivateFile, IsNotOpenToOthers) {
  for (const mode_t mode : {0640U, 0604U, 0660U, 0602U, 0700U}) {
    EXPECT_NE(refusal(file("open", mode)).find("other users can access it"), std::string::npos) << mode;
  }
}

TEST_F(APrivateFile, MayBeReadByOthersWhereItIsOnlyTrusted) {
  for (const mode_t mode : {0644U, 0600U, 0444U}) {
    EXPECT_EQ(read_trusted(file("trusted", mode)).value(), "content") << mode;
  }
  for (const mode_t mode : {0664U, 0646U, 0666U}) {
    EXPECT_NE(read_trusted(file("changed", mode)).error().message.find("other users can modify it"), std::string::npos);
  }
  EXPECT_EQ(read_trusted(file("large", 0644), 6).error().code, ErrorCode::kTooLarge);
}

TEST_F(APrivateFile, IsNoLinkAndNothingButAFile) {
  const std::string target = file("target", 0600);
  const std::string link = directory.path() + "/link";
  std::filesystem::create_symlink(target, link);
  EXPECT_NE(refusal(link).find("is a symbolic link"), std::string::npos);
  const std::string fifo = directory.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_NE(refusal(fifo).find("not a regular file"), std::string::npos);
  EXPECT_EQ(read_private(directory.path() + "/none").error().code, ErrorCode::kNotFound);
}

TEST_F(APrivateFile, LiesWhereNobodyElseCanReplaceIt) {
  const std::string inner = directory.path() + "/inner";
  ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
  const std::string path = file("inner/own", 0600);
  EXPECT_EQ(refusal(path), "");
  for (const mode_t mode : {0720U, 0702U}) {
    ::chmod(inner.c_str(), mode);
    EXPECT_NE(refusal(path).find("other users can replace"), std::string::npos);
    EXPECT_FALSE(check_private_directory(inner).ok());
  }
  ::chmod(inner.c_str(), 01777);  // sticky: what is ours can't be moved away
  EXPECT_EQ(refusal(path), "");
  EXPECT_TRUE(check_private_directory(inner).ok());
}

TEST_F(APrivateFile, IsNotReachedThroughALinkThatOthersMayExchange) {
  const std::string inner = directory.path() + "/inner";
  ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
  file("inner/own", 0600);
  std::filesystem::create_symlink(inner, directory.path() + "/link");
  EXPECT_EQ(refusal(directory.path() + "/link/own"), "");
  ::chmod(directory.path().c_str(), 01777);
  EXPECT_NE(refusal(directory.path() + "/link/own").find("not followed"), std::string::npos);
  EXPECT_EQ(refusal(inner + "/own"), "");
}

TEST_F(APrivateFile, BelongsToRootOrTheAgent) {
  const std::string path = file("own", 0600);
  if (::chown(path.c_str(), 12345, 12345) != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  EXPECT_NE(refusal(path).find("is owned by uid 12345"), std::string::npos);
}

}  // namespace
}  // namespace shmbus::agent
