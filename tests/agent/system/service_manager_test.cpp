#include "agent/system/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "protocol/unique_fd.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kWatchdog = "WATCHDOG=1\n";

// What a service manager has: a socket for datagrams, named in the environment.
class AServiceManager : public ::testing::Test {
 protected:
  void SetUp() override { listen_at(directory_.file("notify")); }
  void TearDown() override {
    for (const char* const name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
      ::unsetenv(name);
    }
  }

  void listen_at(const std::string& name) {
    receiver_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(receiver_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  static ServiceManager that_watches(microseconds time, const std::string& pid = std::to_string(::getpid())) {
    ::setenv("WATCHDOG_USEC", std::to_string(time.count()).c_str(), 1);
    ::setenv("WATCHDOG_PID", pid.c_str(), 1);
    return ServiceManager::from_environment();
  }

  // All that came, a datagram each.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> messages;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::recv(receiver_.get(), buffer.data(), buffer.size(), 0)) >= 0;) {
      messages.emplace_back(buffer.data(), static_cast<std::size_t>(got));
    }
    return messages;
  }

  using Messages = std::vector<std::string>;

  const Clock::time_point now_ = Clock::now();
  UniqueFd receiver_;

 private:
  const TemporaryDirectory directory_;
};

TEST_F(AServiceManager, IsToldByOneDatagramEachTime) {
  const ServiceManager manager = ServiceManager::from_environment();
  manager.ready("serving ipc:///run/x");
  manager.reloading(Clock::time_point(seconds(3)));
  manager.stopping("letting go");
  manager.failed("cannot start: no", ENOENT);
  manager.failed("can't start", 0);
  EXPECT_EQ(told(), (Messages{"READY=1\nSTATUS=serving ipc:///run/x\n", "RELOADING=1\nMONOTONIC_USEC=3000000\n",
                              "STOPPING=1\nSTATUS=letting go\n", "STATUS=cannot start: no\nERRNO=2\n",
                              "STATUS=can't start\n"}));
}

TEST_F(AServiceManager, IsNeverToldMoreThanOneLineOfStatus) {
  ServiceManager::from_environment().ready("a file\nWATCHDOG=trigger");
  EXPECT_EQ(told(), Messages{"READY=1\nSTATUS=a file\\x0aWATCHDOG=trigger\n"});
}

TEST_F(AServiceManager, MayHaveAnAbstractSocket) {
  listen_at("@shmbus-service-manager-test-" + std::to_string(::getpid()));
  ServiceManager::from_environment().ready("up");
  EXPECT_EQ(told(), Messages{"READY=1\nSTATUS=up\n"});
}

TEST_F(AServiceManager, IsNobodysBusinessButOurs) {
  static_cast<void>(that_watches(seconds(1)));
  for (const char* const name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    EXPECT_EQ(std::getenv(name), nullptr) << name;
  }
}

TEST_F(AServiceManager, MayBeMissing) {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager manager = that_watches(seconds(1));
  manager.ready("up");
  manager.keep_alive(now_);
  EXPECT_FALSE(manager.next());
  EXPECT_EQ(told(), Messages{});
}

TEST_F(AServiceManager, ThatIsGoneIsLogged) {
  ServiceManager manager = that_watches(seconds(20));
  receiver_.reset();
  CapturedLog log;
  manager.ready("up");
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("cannot notify the service manager at")));
  manager.keep_alive(now_);
  EXPECT_EQ(manager.next(), now_ + seconds(10)) << "not sooner, for the sake of the log";
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("cannot notify the service manager at")));
}

TEST_F(AServiceManager, IsToldTwiceInTheTimeThatItWaitsThatWeLive) {
  ServiceManager manager = that_watches(seconds(20));
  ASSERT_LE(manager.next(), now_) << "at once, because the time runs from the start";
  manager.keep_alive(now_);
  EXPECT_EQ(manager.next(), now_ + seconds(10));
  manager.keep_alive(now_ + seconds(10) - microseconds(1));
  EXPECT_EQ(told(), Messages{kWatchdog});
  manager.keep_alive(now_ + seconds(13));
  EXPECT_EQ(manager.next(), now_ + seconds(23));
  EXPECT_EQ(told(), Messages{kWatchdog});
}

TEST_F(AServiceManager, WithoutRoomForADatagramIsTriedAgainSoon) {
  ServiceManager manager = that_watches(seconds(20));
  const UniqueFd other(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(receiver_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  while (::sendto(other.get(), "x", 1, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address), length) == 1) {
  }
  CapturedLog log;
  manager.keep_alive(now_);
  EXPECT_EQ(manager.next(), now_ + milliseconds(100));
  EXPECT_THAT(log.take(), ElementsAre());
  static_cast<void>(told());
  manager.keep_alive(now_ + milliseconds(100));
  EXPECT_EQ(told(), Messages{kWatchdog});
}

TEST_F(AServiceManager, ThatWatchesAnotherProcessIsToldNothing) {
  EXPECT_FALSE(that_watches(seconds(1), "1").next());
  ASSERT_EQ(::setenv("NOTIFY_SOCKET", "/nowhere", 1), 0);
  EXPECT_TRUE(that_watches(seconds(1), "").next()) << "without a pid it is about us";
}

TEST_F(AServiceManager, ThatGivesNoTimeDoesNotWatch) {
  for (const char* const time : {"0", "", "-5", "1x", "99999999999999999999999"}) {
    ::setenv("NOTIFY_SOCKET", "/nowhere", 1);
    ::setenv("WATCHDOG_USEC", time, 1);
    EXPECT_FALSE(ServiceManager::from_environment().next()) << time;
  }
}

}  // namespace
}  // namespace shmbus::agent
