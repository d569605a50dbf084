#include "tools/shared/output_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temporary_directory.hpp"
#include "tools/shared/input_file.hpp"

namespace shmbus {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr uid_t kSomebody = 12345;

class AnOutputFile : public testing::Test {
 protected:
  AnOutputFile() : umask_(::umask(0022)) {}
  ~AnOutputFile() override { ::umask(umask_); }

  static Result<void> put(const std::string& path, std::string_view content = "content") {
    Result<OutputFile> file = OutputFile::open(path);
    if (!file) {
      return file.error();
    }
    Result<void> written = file->write(content);
    return written ? file->commit() : written;
  }
  static std::string refusal(const std::string& path) {
    const Result<void> done = put(path);
    return done ? "written" : done.error().message;
  }
  static struct stat status_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
  }
  static mode_t mode_of(const std::string& path) { return status_of(path).st_mode & 07777U; }
  static std::string content(const std::string& path) { return *read_file(path, std::size_t{1} << 24); }
  static void make(const std::string& path, mode_t mode, uid_t owner = ::geteuid()) {
    std::ofstream(path) << "precious";
    ASSERT_EQ(::chown(path.c_str(), owner, static_cast<gid_t>(-1)), 0);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);  // chown takes set-id bits away
  }
  void open_to_all(mode_t mode) const { ASSERT_EQ(::chmod(base.path().c_str(), mode), 0); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(base.path()), fs::directory_iterator()));
  }

  const TemporaryDirectory base;
  const std::string path = base.file("out");

 private:
  const mode_t umask_;
};

TEST_F(AnOutputFile, IsForItsUserAloneWhateverWasThereAndTheUmaskSays) {
  for (const mode_t mask : {0U, 0022U, 0077U, 0777U}) {
    ::umask(mask);
    for (const mode_t before : {0U, 0600U, 0644U, 06777U, 07700U}) {
      fs::remove(path);
      if (before != 0) {
        make(path, before);
      }
      EXPECT_EQ(refusal(path), "written");
      EXPECT_EQ(mode_of(path), 0600U) << std::oct << mask << ' ' << before;
      EXPECT_EQ(content(path), "content");
    }
  }
}

TEST_F(AnOutputFile, IsThereWholeOrNotAtAll) {
  make(path, 0600);
  {
    Result<OutputFile> file = OutputFile::open(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half").ok());
    EXPECT_EQ(content(path), "precious");
    EXPECT_EQ(files(), 2U);
  }
  EXPECT_EQ(content(path), "precious");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AnOutputFile, IsANewOneNotTheOldOneWithOtherContent) {
  make(path, 0600);
  fs::create_hard_link(path, base.file("other"));
  EXPECT_EQ(refusal(path), "written");
  EXPECT_EQ(content(base.file("other")), "precious");
}

TEST_F(AnOutputFile, ReplacesNoFileOfSomebodyElse) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  for (const mode_t directory : {0700U, 0777U, 01777U}) {
    open_to_all(directory);
    for (const mode_t mode : {0600U, 06777U}) {
      make(path, mode, kSomebody);
      EXPECT_THAT(refusal(path), HasSubstr("is owned by uid 12345"));
      EXPECT_EQ(status_of(path).st_uid, kSomebody);
      EXPECT_EQ(mode_of(path), mode);
      EXPECT_EQ(content(path), "precious");
      EXPECT_EQ(files(), 1U);
      fs::remove(path);
    }
  }
}

TEST_F(AnOutputFile, FollowsALinkOnlyWhereNobodyElseCanMakeOne) {
  make(base.file("target"), 0644);
  fs::create_symlink("target", path);
  EXPECT_EQ(refusal(path), "written");
  EXPECT_TRUE(fs::is_symlink(path));
  EXPECT_EQ(content(base.file("target")), "content");
  open_to_all(01777);
  make(base.file("target"), 0600);
  EXPECT_THAT(refusal(path), HasSubstr("not followed"));
  EXPECT_EQ(content(base.file("target")), "precious");
}

TEST_F(AnOutputFile, FollowsNoLinkOfSomebodyElseNeitherAtTheEndNorOnTheWay) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a link away";
  }
  fs::create_directory(base.file("roots"));
  fs::create_directory(base.file("open"));
  ASSERT_EQ(::chmod(base.file("open").c_str(), 01777), 0);
  make(base.file("roots/keys"), 0600);
  fs::create_symlink(base.file("roots/keys"), base.file("open/link"));
  fs::create_symlink(base.file("roots/none"), base.file("open/dangling"));
  fs::create_symlink(base.file("roots"), base.file("open/directory"));
  for (const char* name : {"open/link", "open/dangling", "open/directory"}) {
    ASSERT_EQ(::lchown(base.file(name).c_str(), kSomebody, kSomebody), 0);
  }
  for (const char* name : {"open/link", "open/dangling", "open/directory/keys", "open/directory/none"}) {
    EXPECT_THAT(refusal(base.file(name)), HasSubstr("link owned by uid 12345")) << name;
  }
  EXPECT_EQ(content(base.file("roots/keys")), "precious");
  EXPECT_FALSE(fs::exists(base.file("roots/none")));
}

TEST_F(AnOutputFile, DoesNotReplaceWhatComesWhileItIsWritten) {
  Result<OutputFile> file = OutputFile::open(path);
  ASSERT_TRUE(file);
  make(path, 0640);
  ASSERT_TRUE(file->write("content").ok());
  EXPECT_EQ(file->commit().error().code, ErrorCode::kExists);
  EXPECT_EQ(content(path), "precious");

  Result<OutputFile> again = OutputFile::open(path);
  ASSERT_TRUE(again);
  fs::remove(path);
  fs::create_symlink(base.file("elsewhere"), path);
  EXPECT_THAT(again->commit().error().message, HasSubstr("took its place in the meantime"));
  EXPECT_TRUE(fs::is_symlink(path));
}

// As in a directory where others may rename anything.
TEST_F(AnOutputFile, IsNotTakenForWhatOthersPutInPlaceOfTheTemporaryFile) {
  for (const bool is_there : {false, true}) {
    fs::remove(path);
    if (is_there) {
      make(path, 0600);
    }
    Result<OutputFile> file = OutputFile::open(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("content").ok());
    for (const auto& entry : fs::directory_iterator(base.path())) {
      if (entry.path().filename().native().starts_with(".shmbus-")) {
        fs::remove(entry.path());
        std::ofstream(entry.path()) << "forged";
      }
    }
    EXPECT_THAT(file->commit().error().message, HasSubstr("took its place in the meantime")) << is_there;
  }
}

TEST_F(AnOutputFile, PutsBackWhatOthersPutInPlaceOfTheFinalOne) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  make(path, 0600);
  Result<OutputFile> file = OutputFile::open(path);
  ASSERT_TRUE(file);
  make(path, 0644, kSomebody);
  EXPECT_THAT(file->commit().error().message, HasSubstr("took its place in the meantime"));
  EXPECT_EQ(status_of(path).st_uid, kSomebody);
  EXPECT_EQ(content(path), "precious");
}

TEST_F(AnOutputFile, GoesWhereItWasOpenedWhateverBecomesOfTheName) {
  fs::create_directory(base.file("before"));
  Result<OutputFile> file = OutputFile::open(base.file("before/out"));
  ASSERT_TRUE(file);
  fs::rename(base.file("before"), base.file("after"));
  fs::create_directory(base.file("roots"));
  fs::create_symlink("roots", base.file("before"));
  ASSERT_TRUE(file->write("content").ok());
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(content(base.file("after/out")), "content");
  EXPECT_FALSE(fs::exists(base.file("roots/out")));
}

TEST_F(AnOutputFile, MayBeADeviceOrAFifoOfOursAndThenStaysOne) {
  EXPECT_EQ(refusal("/dev/null"), "written");
  EXPECT_TRUE(S_ISCHR(status_of("/dev/null").st_mode));
  ASSERT_EQ(::mkfifo(path.c_str(), 0640), 0);
  std::string got;
  std::thread reader([&] { got = content(path); });
  EXPECT_EQ(refusal(path), "written");
  reader.join();
  EXPECT_EQ(got, "content");
  EXPECT_EQ(mode_of(path), 0640U);
}

TEST_F(AnOutputFile, IsNoFifoOfSomebodyElseNoSocketAndNoDirectory) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(refusal(path), HasSubstr("not a file, a device or"));
  for (const std::string& directory : {base.path(), base.path() + "/", std::string("/"), std::string("..")}) {
    EXPECT_THAT(refusal(directory), HasSubstr("Is a directory")) << directory;
  }
  const std::string fifo = base.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0666), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(fifo.c_str(), kSomebody, kSomebody), 0);
    EXPECT_THAT(refusal(fifo), HasSubstr("is owned by uid 12345"));
  }
}

// As a shell makes of >(command), and what /dev/stdout leads to.
TEST_F(AnOutputFile, MayBeADescriptorOfThisProcess) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  EXPECT_EQ(refusal("/dev/fd/" + std::to_string(writing.get())), "written");
  fs::create_symlink("/dev/fd/" + std::to_string(writing.get()), base.file("link"));
  EXPECT_EQ(refusal(base.file("link")), "written");
  writing.reset();
  EXPECT_EQ(content("/proc/self/fd/" + std::to_string(reading.get())), "contentcontent");
  EXPECT_THAT(refusal("/dev/fd/999999"), HasSubstr("Bad file descriptor"));
}

TEST_F(AnOutputFile, HasHolesWhereBlocksAreZero) {
  constexpr std::size_t kSize = (std::size_t{4} << 20) + 5;
  std::string data(kSize, '\0');
  data[5000] = 'x';
  data[kSize / 2] = 'y';
  for (const std::size_t piece : {kSize, std::size_t{1} << 20, std::size_t{1000}}) {
    Result<OutputFile> file = OutputFile::open(path);
    ASSERT_TRUE(file);
    for (std::size_t at = 0; at < kSize; at += piece) {
      ASSERT_TRUE(file->write(std::string_view(data).substr(at, piece)).ok());
    }
    ASSERT_TRUE(file->commit().ok());
    EXPECT_TRUE(content(path) == data) << piece;
    EXPECT_LE(status_of(path).st_blocks * 512, 64 << 10) << piece;
  }
}

TEST_F(AnOutputFile, MayBeOneThatMustBeNew) {
  for (const char* kind : {"file", "link"}) {
    if (kind == std::string("file")) {
      make(path, 0600);
    } else {
      fs::create_symlink("elsewhere", path);
    }
    EXPECT_FALSE(OutputFile::open(path, ExistingFile::kRefuse)) << kind;
    fs::remove(path);
  }
  Result<OutputFile> file = OutputFile::open(path, ExistingFile::kRefuse);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->commit().ok());
  EXPECT_TRUE(fs::exists(path));
  file->withdraw();
  EXPECT_EQ(files(), 0U);
}

TEST_F(AnOutputFile, SaysWhichFileCanNotBeWrittenAndWhy) {
  EXPECT_THAT(refusal(base.file("none/out")), testing::AllOf(HasSubstr("none"), HasSubstr("No such file")));
}

}  // namespace
}  // namespace shmbus
