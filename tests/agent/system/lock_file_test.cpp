#include "agent/system/lock_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

class ALockFile : public testing::Test {
 protected:
  static Result<LockFile> acquire(const std::string& path) {
    const Result<Location> place = locate(path, LastLink::kKeep);
    return place ? LockFile::acquire(*place, path) : place.error();
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.file("commands.sock.lock");
};

TEST_F(ALockFile, HoldsThePidOfItsHolderAndIsPrivate) {
  const Result<LockFile> lock = acquire(path_);
  ASSERT_TRUE(lock.ok());
  pid_t pid = 0;
  std::ifstream(path_) >> pid;
  EXPECT_EQ(pid, ::getpid());
  struct stat state {};
  ASSERT_EQ(::stat(path_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
}

TEST_F(ALockFile, IsRefusedWithTheHoldersPidWhenTaken) {
  const Result<LockFile> first = acquire(path_);
  const Result<LockFile> second = acquire(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
  EXPECT_NE(second.error().message.find(path_), std::string::npos);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos);
}

TEST_F(ALockFile, IsFreeAgainWhenItsHolderGoesAndStaysAsAFile) {
  { const Result<LockFile> lock = acquire(path_); }
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(acquire(path_).ok());
}

TEST_F(ALockFile, StaysLockedWhenMoved) {
  std::optional<LockFile> holder;
  {
    Result<LockFile> lock = acquire(path_);
    ASSERT_TRUE(lock.ok());
    holder.emplace(std::move(*lock));
  }
  EXPECT_FALSE(acquire(path_).ok());
  holder.reset();
  EXPECT_TRUE(acquire(path_).ok());
}

TEST_F(ALockFile, ReplacesALongerPidOfAnEarlierHolder) {
  std::ofstream(path_) << "12345678901234\n";
  const Result<LockFile> lock = acquire(path_);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(std::filesystem::file_size(path_), std::to_string(::getpid()).size() + 1);
}

TEST_F(ALockFile, IsNotMadeThroughALink) {
  std::filesystem::create_symlink(directory_.file("elsewhere"), path_);
  const Result<LockFile> lock = acquire(path_);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, ErrorCode::kPermissionDenied);
  EXPECT_FALSE(std::filesystem::exists(directory_.file("elsewhere")));
}

TEST_F(ALockFile, NeedsItsDirectory) {
  const Result<LockFile> lock = acquire(directory_.file("missing/lock"));
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace shmbus::agent
