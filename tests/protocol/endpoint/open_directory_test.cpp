#include "protocol/endpoint/open_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace shmbus {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebody = 12345;

class ALocation : public testing::Test {
 protected:
  ALocation() {
    fs::create_directories(path("a/b"));
    std::ofstream(path("a/b/file")) << "x";
  }

  std::string path(const std::string& name) const { return base.file(name); }

  // The file or directory that `of` leads to, by its inode; 0 if nothing is there.
  static ino_t inode(const std::string& of) {
    struct stat status {};
    return ::stat(of.c_str(), &status) == 0 ? status.st_ino : 0;
  }
  static ino_t inode(const Location& place) {
    struct stat status {};
    return ::fstatat(place.directory.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_ino : 0;
  }
  static std::string refusal(const std::string& of, LastLink last = LastLink::kFollow) {
    const Result<Location> place = locate(of, last);
    return place ? "" : place.error().message;
  }

  const TemporaryDirectory base;
};

TEST_F(ALocation, IsWhatThePathLeadsTo) {
  for (const char* name : {"a/b/file", "a//b///file", "a/./b/../b/file", "a/../a/b/file"}) {
    for (const LastLink last : {LastLink::kKeep, LastLink::kFollow}) {
      const Result<Location> place = locate(path(name), last);
      ASSERT_TRUE(place) << place.error().message;
      EXPECT_EQ(place->name, "file");
      EXPECT_EQ(inode(*place), inode(path("a/b/file")));
    }
  }
  for (const std::string& of : {std::string("/"), path("a/"), path("a/b/."), path("a/b/..")}) {
    const Result<Location> place = locate(of, LastLink::kFollow);
    ASSERT_TRUE(place) << place.error().message;
    EXPECT_EQ(inode(*place), inode(of)) << of;
  }
}

TEST_F(ALocation, MayHaveANameThatIsNotThere) {
  const Result<Location> place = locate(path("a/none"), LastLink::kFollow);
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->name, "none");
  EXPECT_EQ(inode(*place), 0U);
}

TEST_F(ALocation, NeedsItsDirectory) {
  for (const std::string& of : {path("none/file"), path("a/b/file/deeper"), std::string()}) {
    EXPECT_EQ(locate(of, LastLink::kFollow).error().code, ErrorCode::kNotFound) << of;
  }
}

TEST_F(ALocation, FollowsLinksOfOursInDirectoriesOfOurs) {
  fs::create_symlink("a", path("relative"));
  fs::create_symlink(path("a/b"), path("absolute"));
  fs::create_symlink("relative/b/file", path("chain"));
  for (const char* name : {"relative/b/file", "absolute/file", "chain"}) {
    const Result<Location> place = locate(path(name), LastLink::kFollow);
    ASSERT_TRUE(place) << place.error().message;
    EXPECT_EQ(inode(*place), inode(path("a/b/file"))) << name;
  }
  EXPECT_EQ(locate(path("chain"), LastLink::kKeep)->name, "chain");
  fs::create_symlink("round", path("round"));
  EXPECT_EQ(locate(path("round"), LastLink::kFollow).error().errno_value, ELOOP);
}

TEST_F(ALocation, FollowsNoLinkThatSomebodyElseCanExchange) {
  fs::create_symlink(path("a/b"), path("link"));
  for (const mode_t mode : {01777U, 0777U, 0770U}) {
    ASSERT_EQ(::chmod(base.path().c_str(), mode), 0);
    EXPECT_NE(refusal(path("link/file")).find("not followed"), std::string::npos);
    EXPECT_NE(refusal(path("link")).find("not followed"), std::string::npos);
    EXPECT_EQ(refusal(path("link"), LastLink::kKeep), "");
    EXPECT_EQ(refusal(path("a/b/file")), "") << "which needs no link";
  }
}

TEST_F(ALocation, FollowsNoLinkOfSomebodyElse) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a link away";
  }
  fs::create_symlink(path("a/b"), path("link"));
  ASSERT_EQ(::lchown(path("link").c_str(), kSomebody, kSomebody), 0);
  EXPECT_NE(refusal(path("link/file")).find("link owned by uid 12345"), std::string::npos);
}

TEST_F(ALocation, DoesNotTakeTheTextOfTheKernelsLinksForAPath) {
  EXPECT_NE(refusal("/proc/self/root/tmp/x").find("not followed"), std::string::npos);
  EXPECT_NE(refusal("/proc/self/cwd/x").find("not followed"), std::string::npos);
  const Result<Location> descriptor = locate("/dev/stdout", LastLink::kFollow);
  ASSERT_TRUE(descriptor) << descriptor.error().message;
  EXPECT_EQ(descriptor->name, "1");
  EXPECT_EQ(refusal("/proc/self/status"), "");
}

TEST_F(ALocation, HasEachDirectoryOnTheWayChecked) {
  fs::create_symlink(path("a/b"), path("link"));
  std::vector<std::string> seen;
  const auto check = [&](const std::string& directory, const struct stat& status) {
    EXPECT_TRUE(S_ISDIR(status.st_mode));
    seen.push_back(directory);
    return Result<void>();
  };
  ASSERT_TRUE(locate(path("link/file"), LastLink::kKeep, check));
  EXPECT_EQ(seen,
            (std::vector<std::string>{"/", "/tmp", base.path(), "/", "/tmp", base.path(), path("a"), path("a/b")}));
  const auto refuse = [](const std::string& directory, const struct stat&) -> Result<void> {
    return directory == "/tmp" ? Result<void>(Error{ErrorCode::kBusy, "not through there"}) : Result<void>();
  };
  EXPECT_EQ(locate(path("a/b/file"), LastLink::kKeep, refuse).error().code, ErrorCode::kBusy);
}

TEST_F(ALocation, StaysWhatItIsWhenTheDirectoryIsRenamed) {
  const Result<Location> place = locate(path("a/b/file"), LastLink::kKeep);
  ASSERT_TRUE(place);
  const ino_t before = inode(*place);
  fs::rename(path("a"), path("z"));
  fs::create_directories(path("a/b"));
  std::ofstream(path("a/b/file")) << "another";
  EXPECT_EQ(inode(*place), before);
}

}  // namespace
}  // namespace shmbus
