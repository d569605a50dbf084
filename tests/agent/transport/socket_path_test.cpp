#include "agent/transport/socket_path.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "protocol/unique_fd.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

const SocketAccess kPrivate{.mode = 0600, .group = {}, .keys = {}};
const SocketAccess kForAll{.mode = 0666, .group = {}, .keys = {}};
constexpr int kBacklog = 7;

class SocketPathTest : public ::testing::Test {
 protected:
  // A socket bound at `path`; no process is listening once the descriptor is closed.
  [[nodiscard]] UniqueFd bind_there() const {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
  }
  static mode_t mode_of(const std::string& file) {
    struct stat status {};
    EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
    return status.st_mode & 07777U;
  }
  static bool connects(const std::string& to) {
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    to.copy(address.sun_path, sizeof address.sun_path - 1);
    return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool is_there() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }

  const TemporaryDirectory directory;
  const std::string path = directory.file("commands.sock");
};

TEST_F(SocketPathTest, APathIsClaimedOnceAndFreeAgainAfterwards) {
  {
    const Result<SocketPath> first = SocketPath::claim(path, kPrivate);
    ASSERT_TRUE(first) << first.error().message;
    const Result<SocketPath> second = SocketPath::claim(path, kPrivate);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kExists);
    EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos) << second.error().message;
  }
  EXPECT_TRUE(SocketPath::claim(path, kPrivate));
}

TEST_F(SocketPathTest, ASocketThatACrashedAgentLeftIsRemoved) {
  bind_there().reset();
  ASSERT_TRUE(is_there());
  EXPECT_TRUE(SocketPath::claim(path, kPrivate));
  EXPECT_FALSE(is_there());
}

TEST_F(SocketPathTest, ASocketThatSomebodyListensAtIsLeftAlone) {
  const UniqueFd listener = bind_there();
  const Result<SocketPath> claimed = SocketPath::claim(path, kPrivate);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, ErrorCode::kExists);
  EXPECT_TRUE(is_there());
}

TEST_F(SocketPathTest, AFileOrALinkInTheWayIsLeftAlone) {
  std::ofstream(path) << "precious";
  EXPECT_EQ(SocketPath::claim(path, kPrivate).error().code, ErrorCode::kExists);
  EXPECT_TRUE(is_there());
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/nowhere", path);
  EXPECT_EQ(SocketPath::claim(path, kPrivate).error().code, ErrorCode::kExists);
  EXPECT_TRUE(is_there());
}

TEST_F(SocketPathTest, TheSocketIsAsOpenAsItShallBeAndGoesWithItsClaim) {
  for (const SocketAccess& access : {kPrivate, kForAll}) {
    {
      const Result<SocketPath> claimed = SocketPath::claim(path, access);
      ASSERT_TRUE(claimed) << claimed.error().message;
      const Result<UniqueFd> listening = claimed->listen(access, kBacklog);
      ASSERT_TRUE(listening) << listening.error().message;
      EXPECT_EQ(mode_of(path), access.mode);
      EXPECT_TRUE(connects(path));
    }
    EXPECT_FALSE(is_there());
    EXPECT_TRUE(std::filesystem::exists(path + ".lock"));
  }
}

// What a directory is renamed to keeps the socket; what takes its name gets nothing.
TEST_F(SocketPathTest, TheSocketIsMadeWhereItWasClaimedWhateverBecomesOfTheName) {
  const std::string before = directory.file("before");
  const std::string after = directory.file("after");
  std::filesystem::create_directory(before);
  ASSERT_EQ(::chmod(before.c_str(), 0700), 0);
  {
    const Result<SocketPath> claimed = SocketPath::claim(before + "/s", kForAll);
    ASSERT_TRUE(claimed) << claimed.error().message;
    std::filesystem::rename(before, after);
    std::filesystem::create_directory(before);
    std::ofstream(before + "/s") << "precious";
    ASSERT_EQ(::chmod((before + "/s").c_str(), 0600), 0);
    const Result<UniqueFd> listening = claimed->listen(kForAll, kBacklog);
    ASSERT_TRUE(listening) << listening.error().message;
    EXPECT_EQ(mode_of(after + "/s"), 0666U);
    EXPECT_EQ(mode_of(before + "/s"), 0600U);
  }
  EXPECT_FALSE(std::filesystem::exists(after + "/s"));
  EXPECT_TRUE(std::filesystem::exists(before + "/s"));
}

TEST_F(SocketPathTest, ASocketIsNotMadeOverWhatTookItsPlaceMeanwhile) {
  const Result<SocketPath> claimed = SocketPath::claim(path, kForAll);
  ASSERT_TRUE(claimed) << claimed.error().message;
  std::ofstream(directory.file("precious")) << "precious";
  ASSERT_EQ(::chmod(directory.file("precious").c_str(), 0600), 0);
  std::filesystem::create_symlink(directory.file("precious"), path);
  EXPECT_FALSE(claimed->listen(kForAll, kBacklog));
  EXPECT_FALSE(claimed->open_to(kForAll).ok());
  EXPECT_EQ(mode_of(directory.file("precious")), 0600U);
}

TEST_F(SocketPathTest, ItsDirectoryIsWritableByItsOwnerAlone) {
  for (const mode_t mode : {0720U, 0702U, 01777U}) {
    ASSERT_EQ(::chmod(directory.path().c_str(), mode), 0);
    for (const SocketAccess& access : {kPrivate, kForAll}) {
      const Result<SocketPath> claimed = SocketPath::claim(path, access);
      ASSERT_FALSE(claimed) << mode;
      EXPECT_NE(claimed.error().message.find(directory.path()), std::string::npos) << claimed.error().message;
    }
  }
  EXPECT_FALSE(is_there());
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
}

TEST_F(SocketPathTest, ItsDirectoryIsNoOtherUsers) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a directory away";
  }
  ASSERT_EQ(::chown(directory.path().c_str(), 12345, 12345), 0);
  EXPECT_NE(SocketPath::claim(path, kPrivate).error().message.find("is owned by uid 12345"), std::string::npos);
  EXPECT_NE(SocketPath::claim(path, kForAll).error().message.find("is owned by uid 12345"), std::string::npos);
}

// As an orchestrator makes the directory above: others may rename the agent's there.
TEST_F(SocketPathTest, OnlyAPrivateSocketMayLieBelowADirectoryOfAll) {
  const std::string inner = directory.file("agent");
  std::filesystem::create_directory(inner);
  ASSERT_EQ(::chmod(inner.c_str(), 0711), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0777), 0);
  EXPECT_TRUE(SocketPath::claim(inner + "/s", kPrivate));
  const Result<SocketPath> open = SocketPath::claim(inner + "/s", kForAll);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find(directory.path() + " was rejected"), std::string::npos) << open.error().message;
  ASSERT_EQ(::chmod(directory.path().c_str(), 01777), 0);
  EXPECT_TRUE(SocketPath::claim(inner + "/s", kForAll)) << "sticky";
}

TEST_F(SocketPathTest, ASocketThatWasPassedIsClaimedOnceAndStays) {
  const UniqueFd listener = bind_there();
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  {
    const Result<SocketPath> claimed = SocketPath::claim_passed(path, {.mode = 0660, .group = {}});
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_EQ(SocketPath::claim_passed(path, kPrivate).error().code, ErrorCode::kExists);
    EXPECT_TRUE(claimed->open_to({.mode = 0660, .group = {}}).ok());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
  }
  EXPECT_TRUE(is_there());
}

TEST_F(SocketPathTest, ASocketThatWasPassedLetsInNobodyBesides) {
  const UniqueFd listener = bind_there();
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  const gid_t group = status.st_gid;
  const auto is_taken = [this](mode_t mode, const SocketAccess& access) {
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    const Result<SocketPath> claimed = SocketPath::claim_passed(path, access);
    EXPECT_TRUE(claimed || claimed.error().code == ErrorCode::kBadRequest);
    return claimed.ok();
  };
  EXPECT_TRUE(is_taken(0644, {.mode = 0600, .group = {}})) << "reading is not connecting";
  EXPECT_FALSE(is_taken(0660, {.mode = 0600, .group = {}}));
  EXPECT_FALSE(is_taken(0666, {.mode = 0660, .group = group}));
  EXPECT_FALSE(is_taken(0660, {.mode = 0606, .group = {}}));
  EXPECT_TRUE(is_taken(0660, {.mode = 0660, .group = group}));
  EXPECT_FALSE(is_taken(0660, {.mode = 0660, .group = group + 1}));
  EXPECT_TRUE(is_taken(0660, {.mode = 0666, .group = group + 1}));
}

TEST_F(SocketPathTest, ASocketThatWasPassedAndIsNotThereIsRefused) {
  const UniqueFd listener = bind_there();
  std::filesystem::remove(path);
  EXPECT_EQ(SocketPath::claim_passed(path, kPrivate).error().code, ErrorCode::kBadRequest);
  std::ofstream(path) << "precious";
  EXPECT_EQ(SocketPath::claim_passed(path, kPrivate).error().code, ErrorCode::kBadRequest);
  EXPECT_TRUE(is_there());
}

TEST_F(SocketPathTest, ItsNameIsAsLongAsCanBeBoundAndNoLonger) {
  for (const char* name : {"", ".", ".."}) {
    EXPECT_EQ(SocketPath::claim(directory.file(name), kPrivate).error().code, ErrorCode::kBadRequest) << name;
  }
  EXPECT_EQ(SocketPath::claim(directory.file(std::string(83, 'x')), kPrivate).error().code, ErrorCode::kBadRequest);
  const Result<SocketPath> longest = SocketPath::claim(directory.file(std::string(82, 'x')), kPrivate);
  ASSERT_TRUE(longest) << longest.error().message;
  EXPECT_TRUE(longest->listen(kPrivate, kBacklog));
  EXPECT_TRUE(std::filesystem::exists(directory.file(std::string(82, 'x'))));
}

TEST_F(SocketPathTest, ADirectoryThatIsMissingIsNotFound) {
  EXPECT_EQ(SocketPath::claim(path + "/deeper.sock", kPrivate).error().code, ErrorCode::kNotFound);
}

TEST(PathOfEndpoint, OnlyAnIpcEndpointHasAPath) {
  EXPECT_EQ(path_of_endpoint("ipc:///run/x.sock"), "/run/x.sock");
  EXPECT_EQ(path_of_endpoint("tcp://127.0.0.1:5555"), "");
}

}  // namespace
}  // namespace shmbus::agent
