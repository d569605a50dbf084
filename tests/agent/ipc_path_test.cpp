#include "agent/access/ipc_path.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/kernel/unique_fd.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

class IpcPathTest : public ::testing::Test {
 protected:
  // A socket bound at `path`; nobody listens once the descriptor is closed.
  [[nodiscard]] UniqueFd bind_there() const {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
  }
  [[nodiscard]] bool is_there() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }

  const TemporaryDirectory directory;
  const std::string path = directory.file("commands.sock");
};

TEST_F(IpcPathTest, APathIsClaimedOnceAndFreeAgainAfterwards) {
  {
    const Result<IpcPath> first = IpcPath::claim(path);
    ASSERT_TRUE(first) << first.error().message;
    const Result<IpcPath> second = IpcPath::claim(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kExists);
    EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos) << second.error().message;
  }
  EXPECT_TRUE(IpcPath::claim(path));
}

TEST_F(IpcPathTest, ASocketThatACrashedAgentLeftIsRemoved) {
  bind_there().reset();
  ASSERT_TRUE(is_there());
  EXPECT_TRUE(IpcPath::claim(path));
  EXPECT_FALSE(is_there());
}

TEST_F(IpcPathTest, ASocketThatSomebodyListensAtIsLeftAlone) {
  const UniqueFd listener = bind_there();
  const Result<IpcPath> claimed = IpcPath::claim(path);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, ErrorCode::kExists);
  EXPECT_TRUE(is_there());
}

TEST_F(IpcPathTest, AFileOrALinkInTheWayIsLeftAlone) {
  std::ofstream(path) << "precious";
  EXPECT_EQ(IpcPath::claim(path).error().code, ErrorCode::kExists);
  EXPECT_TRUE(is_there());
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/nowhere", path);
  EXPECT_EQ(IpcPath::claim(path).error().code, ErrorCode::kExists);
  EXPECT_TRUE(is_there());
}

TEST_F(IpcPathTest, TheBoundSocketIsPrivateAndGoesWithItsClaim) {
  {
    const Result<IpcPath> claimed = IpcPath::claim(path);
    ASSERT_TRUE(claimed) << claimed.error().message;
    const UniqueFd listener = bind_there();
    EXPECT_TRUE(claimed->open_to({.mode = 0600, .group = {}}).ok());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  EXPECT_FALSE(is_there());
  EXPECT_TRUE(std::filesystem::exists(path + ".lock"));
}

TEST_F(IpcPathTest, ASocketThatWasPassedIsClaimedOnceAndStays) {
  const UniqueFd listener = bind_there();
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  {
    const Result<IpcPath> claimed = IpcPath::claim_passed(path, {.mode = 0660, .group = {}});
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_EQ(IpcPath::claim_passed(path, {}).error().code, ErrorCode::kExists);
    EXPECT_TRUE(claimed->open_to({.mode = 0660, .group = {}}).ok());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
  }
  EXPECT_TRUE(is_there());
}

TEST_F(IpcPathTest, ASocketThatWasPassedLetsInNobodyBesides) {
  const UniqueFd listener = bind_there();
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  const gid_t group = status.st_gid;
  const auto is_taken = [this](mode_t mode, const SocketAccess& access) {
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    const Result<IpcPath> claimed = IpcPath::claim_passed(path, access);
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

TEST_F(IpcPathTest, ASocketThatWasPassedAndIsNotThereIsRefused) {
  const UniqueFd listener = bind_there();
  std::filesystem::remove(path);
  EXPECT_EQ(IpcPath::claim_passed(path, {}).error().code, ErrorCode::kBadRequest);
  std::ofstream(path) << "precious";
  EXPECT_EQ(IpcPath::claim_passed(path, {}).error().code, ErrorCode::kBadRequest);
  EXPECT_TRUE(is_there());
}

TEST_F(IpcPathTest, ADirectoryThatIsMissingIsNotFound) {
  EXPECT_EQ(IpcPath::claim(path + "/deeper.sock").error().code, ErrorCode::kNotFound);
}

TEST(PathOfEndpoint, OnlyAnIpcEndpointHasAPath) {
  EXPECT_EQ(path_of_endpoint("ipc:///run/x.sock"), "/run/x.sock");
  EXPECT_EQ(path_of_endpoint("tcp://127.0.0.1:5555"), "");
}

}  // namespace
}  // namespace shmbus::agent
