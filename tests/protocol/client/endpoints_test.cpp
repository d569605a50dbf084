#include "protocol/client/endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>

#include "protocol/endpoint/runtime_directory.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::array kVariables{"SHMBUS_COMMANDS", "SHMBUS_EVENTS", "SHMBUS_RUNTIME_DIR", "RUNTIME_DIRECTORY",
                                "XDG_RUNTIME_DIR"};
constexpr const char* kHostCommands = "/run/shmbus/commands.sock";

// As long as it lives, somebody listens at the path; the file stays.
class Listener {
 public:
  explicit Listener(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
    EXPECT_EQ(::listen(fd_, 1), 0);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(fd_); }

 private:
  const int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

// A client whose own runtime directory is `own`.
class Endpoints : public testing::Test {
 protected:
  Endpoints() {
    for (const char* variable : kVariables) {
      if (const char* value = std::getenv(variable)) {
        saved_[variable] = value;
      }
      ::unsetenv(variable);
    }
    ::setenv("SHMBUS_RUNTIME_DIR", own.path().c_str(), 1);
  }
  ~Endpoints() override {
    for (const char* variable : kVariables) {
      ::unsetenv(variable);
    }
    for (const auto& [variable, value] : saved_) {
      ::setenv(variable.c_str(), value.c_str(), 1);
    }
  }

  // Puts an empty /run in the place of the host's, for this process. False: not possible here.
  static bool have_run_to_itself() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == 0;
  }

  static Endpoint find(Channel channel = Channel::kCommands, const std::string& option = {}) {
    Result<Endpoint> endpoint = find_endpoint(channel, option);
    if (!endpoint) {
      ADD_FAILURE() << endpoint.error().message;
      return {};
    }
    return *std::move(endpoint);
  }

  [[nodiscard]] std::string own_commands() const { return own.file(kCommandsSocket); }

  const TemporaryDirectory own;

 private:
  std::map<std::string, std::string> saved_;
};

TEST_F(Endpoints, TheOptionComesFirst) {
  const Listener listener(own_commands());
  ::setenv("SHMBUS_COMMANDS", "ipc:///from/environment", 1);
  const Endpoint endpoint = find(Channel::kCommands, "tcp://127.0.0.1:5555");
  EXPECT_EQ(endpoint.address, "tcp://127.0.0.1:5555");
  EXPECT_THAT(endpoint.looked_at, ElementsAre("option --commands"));
  EXPECT_THAT(find(Channel::kEvents, "tcp://127.0.0.1:5556").looked_at, ElementsAre("option --events"));
}

TEST_F(Endpoints, TheEnvironmentComesSecondEachChannelWithItsVariable) {
  const Listener listener(own_commands());
  const Listener events(own.file(kEventsSocket));
  ::setenv("SHMBUS_COMMANDS", "ipc:///from/environment", 1);
  const Endpoint endpoint = find();
  EXPECT_EQ(endpoint.address, "ipc:///from/environment");
  EXPECT_THAT(endpoint.looked_at, ElementsAre("environment SHMBUS_COMMANDS"));
  EXPECT_EQ(find(Channel::kEvents).address, "ipc://" + own.file(kEventsSocket));
  ::setenv("SHMBUS_EVENTS", "ipc:///events/from/environment", 1);
  EXPECT_EQ(find(Channel::kEvents).address, "ipc:///events/from/environment");
}

TEST_F(Endpoints, AnEmptyVariableIsNone) {
  const Listener listener(own_commands());
  ::setenv("SHMBUS_COMMANDS", "", 1);
  EXPECT_EQ(find().address, "ipc://" + own_commands());
}

TEST_F(Endpoints, TheClientsOwnDirectoryComesThird) {
  const Listener listener(own_commands());
  const Endpoint endpoint = find();
  EXPECT_EQ(endpoint.address, "ipc://" + own_commands());
  EXPECT_THAT(endpoint.looked_at, ElementsAre(own_commands() + " (found)"));
  EXPECT_EQ(describe(endpoint), "ipc://" + own_commands() + "; tried " + own_commands() + " (found)");
}

TEST_F(Endpoints, TheHostsDirectoryComesLast) {
  if (!have_run_to_itself()) {
    GTEST_SKIP() << "needs a mount namespace";
  }
  ASSERT_EQ(::mkdir(kHostRuntimeDirectory, 0755), 0);
  const Listener host(kHostCommands);
  const Endpoint endpoint = find();
  EXPECT_EQ(endpoint.address, std::string("ipc://") + kHostCommands);
  EXPECT_THAT(endpoint.looked_at,
              ElementsAre(own_commands() + " (no socket)", std::string(kHostCommands) + " (found)"));
}

TEST_F(Endpoints, ASocketThatACrashLeftBehindIsPassedOver) {
  if (!have_run_to_itself()) {
    GTEST_SKIP() << "needs a mount namespace";
  }
  { const Listener crashed(own_commands()); }
  ASSERT_EQ(::mkdir(kHostRuntimeDirectory, 0755), 0);
  const Listener host(kHostCommands);
  const Endpoint endpoint = find();
  EXPECT_EQ(endpoint.address, std::string("ipc://") + kHostCommands);
  EXPECT_THAT(endpoint.looked_at,
              ElementsAre(own_commands() + " (no process is listening)", std::string(kHostCommands) + " (found)"));
}

TEST_F(Endpoints, OfSeveralInTheEnvironmentTheFirstIsTaken) {
  ::setenv("SHMBUS_COMMANDS", "ipc:///one,ipc:///two", 1);
  EXPECT_EQ(find().address, "ipc:///one");
}

TEST_F(Endpoints, WithoutAnySocketItIsWhereAnAgentOfTheClientMayYetStart) {
  if (!have_run_to_itself()) {
    GTEST_SKIP() << "needs a mount namespace";
  }
  std::ofstream(own_commands()) << "no socket";
  const Endpoint endpoint = find();
  EXPECT_EQ(endpoint.address, "ipc://" + own_commands());
  EXPECT_THAT(endpoint.looked_at,
              ElementsAre(own_commands() + " (no process is listening)", std::string(kHostCommands) + " (no socket)"));
}

TEST_F(Endpoints, AnUntrustedDirectoryIsPassedOverAndNamed) {
  const Listener listener(own_commands());
  ASSERT_EQ(::chmod(own.path().c_str(), 0777), 0);
  const Endpoint endpoint = find();
  EXPECT_EQ(endpoint.address, std::string("ipc://") + kHostCommands);
  ASSERT_EQ(endpoint.looked_at.size(), 2U);
  EXPECT_THAT(endpoint.looked_at[0], AllOf(StartsWith(own_commands()), HasSubstr("writable by other users")));
  EXPECT_THAT(endpoint.looked_at[1], StartsWith(kHostCommands));
}

TEST_F(Endpoints, WithUntrustedDirectoriesAloneThereIsNoEndpoint) {
  if (!have_run_to_itself()) {
    GTEST_SKIP() << "needs a mount namespace";
  }
  ASSERT_EQ(::chmod(own.path().c_str(), 0777), 0);
  ASSERT_EQ(::mkdir(kHostRuntimeDirectory, 0700), 0);
  ASSERT_EQ(::chmod(kHostRuntimeDirectory, 0777), 0);
  const Result<Endpoint> endpoint = find_endpoint(Channel::kCommands, "");
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(endpoint.error().message, AllOf(HasSubstr(own.path()), EndsWith("writable by other users")));
}

}  // namespace
}  // namespace shmbus
