// The audit when its file can't be written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "protocol/unique_fd.hpp"
#include "tests/support/audit_fixture.hpp"

namespace shmbus::agent {
namespace {

using nlohmann::json;
using std::chrono::seconds;

using AnAuditThatFails = AuditFixture;

// Files of this process grow to `bytes` while it lives, and a write beyond fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit lower{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &lower);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_before_);
  }

 private:
  rlimit before_{};
  void (*signal_before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

// As chattr(1) +a does.
bool make_append_only(const std::string& path, bool on) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int flags = 0;
  if (::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) != 0) {
    return false;
  }
  flags = on ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
  return ::ioctl(file.get(), FS_IOC_SETFLAGS, &flags) == 0;
}

TEST_F(AnAuditThatFails, CutsOffWhatItCannotEndAndTellsWhatWasLost) {
  Audit audit = opened();
  ASSERT_TRUE(write(audit, "create"));
  const std::string before = content(path);
  {
    const FileSizeLimit limit(before.size() + 10);
    EXPECT_FALSE(write(audit, "set", kStart + seconds(1)));
    EXPECT_FALSE(write(audit, "set", kStart + seconds(2)));
    EXPECT_FALSE(audit.works());
    EXPECT_EQ(content(path), before);
  }
  EXPECT_TRUE(write(audit, "remove", kStart + seconds(3)));
  EXPECT_TRUE(audit.works());
  const std::vector<json> all = lines();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1]["lost"], 2);
  EXPECT_EQ(all[1]["since"], "1970-02-11T16:00:01.000000Z");
  EXPECT_EQ(all[1]["time"], "1970-02-11T16:00:02.000000Z");
  EXPECT_EQ(all[2]["operation"], "remove");
}

TEST_F(AnAuditThatFails, BeginsANewLineAfterOneThatCouldNotBeCutOff) {
  Audit audit = opened();
  ASSERT_TRUE(write(audit, "create"));
  const std::size_t size = content(path).size();
  if (!make_append_only(path, true)) {
    GTEST_SKIP() << "no file can be made append-only here";
  }
  {
    const FileSizeLimit limit(size + 10);
    EXPECT_FALSE(write(audit, "set"));
    EXPECT_FALSE(audit.works());
  }
  EXPECT_TRUE(write(audit, "remove"));
  const std::string all = content(path);
  EXPECT_EQ(all.substr(size, 12), "{\"time\":\"1\n{") << all;
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 4);
  EXPECT_TRUE(make_append_only(path, false));
}

TEST_F(AnAuditThatFails, WorksAgainAsSoonAsItCanBeWritten) {
  Audit audit = opened();
  {
    const FileSizeLimit limit(0);
    EXPECT_FALSE(write(audit, "create"));
    EXPECT_FALSE(audit.works());
  }
  EXPECT_TRUE(audit.works());
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0]["lost"], 1);
}

TEST_F(AnAuditThatFails, WorksAgainWithADenialThatIsOnlyCounted) {
  Audit audit = opened();
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(deny(audit, kStart));
  }
  {
    const FileSizeLimit limit(0);
    EXPECT_FALSE(write(audit, "create"));
    EXPECT_FALSE(deny(audit, kStart));
  }
  EXPECT_TRUE(deny(audit, kStart));
  const std::vector<json> all = lines();
  ASSERT_EQ(all.size(), 61U);
  EXPECT_EQ(all.back()["lost"], 1);
  EXPECT_TRUE(audit.flush(Clock::time_point::max()));
  EXPECT_EQ(lines().back()["left_out"], 2);
}

TEST_F(AnAuditThatFails, GoesOnAfterAFullDisk) {
  bool was_tried = false;
  std::thread([&] {  // which alone sees the small file system
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=8192,mode=0700") != 0) {
      return;
    }
    was_tried = true;
    const std::string ballast = directory.file("ballast");
    std::ofstream(ballast) << std::string(4096, 'x');
    Audit audit = opened();
    int written = 0;
    while (write(audit, "create")) {
      ++written;
    }
    EXPECT_GT(written, 10);
    EXPECT_EQ(lines().size(), static_cast<std::size_t>(written));
    std::filesystem::remove(ballast);
    EXPECT_TRUE(write(audit, "remove"));
    EXPECT_EQ(lines().size(), static_cast<std::size_t>(written) + 2);
    EXPECT_EQ(lines().back()["operation"], "remove");
  })
      .join();
  if (!was_tried) {
    GTEST_SKIP() << "no file system may be mounted here";
  }
}

TEST_F(AnAuditThatFails, CountsAmongTheLostWhatItCouldNotTellOfAMinute) {
  Audit audit = opened();
  for (int i = 0; i < 70; ++i) {
    EXPECT_TRUE(deny(audit, kStart));
  }
  {
    const FileSizeLimit limit(0);
    EXPECT_FALSE(audit.flush(kStart + seconds(60)));
    EXPECT_FALSE(audit.next_deadline()) << "nothing to wake up for";
  }
  EXPECT_TRUE(audit.works());
  EXPECT_EQ(lines().back()["lost"], 10);
}

}  // namespace
}  // namespace shmbus::agent
