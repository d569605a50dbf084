#include "agent/system/socket_activation.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

constexpr int kFirst = 300;  // the test's own are below

// What a service manager leaves to the program that it starts: descriptors in a row, and the variables about them.
class PassedSockets : public ::testing::Test {
 protected:
  void SetUp() override { announce(0); }
  void TearDown() override {
    for (const char* const name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) {
      ::unsetenv(name);
    }
    for (int i = 0; i < passed_; ++i) {
      ::close(kFirst + i);  // what was not taken
    }
  }

  static void announce(int number, const std::string& names = "") {
    ::setenv("LISTEN_FDS", std::to_string(number).c_str(), 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
  }

  // Without a name it is not bound; with @ in front it is abstract.
  [[nodiscard]] UniqueFd make(const std::string& name, int type = SOCK_STREAM) const {
    UniqueFd made(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!name.empty()) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      const std::string path = name.front() == '@' ? name : directory.file(name);
      path.copy(address.sun_path, sizeof address.sun_path);
      if (path.front() == '@') {
        address.sun_path[0] = '\0';
      }
      const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
      EXPECT_EQ(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), length), 0) << path;
    }
    return made;
  }

  [[nodiscard]] UniqueFd listening(const std::string& name) const {
    UniqueFd made = make(name);
    EXPECT_EQ(::listen(made.get(), 1), 0);
    return made;
  }

  void pass(const UniqueFd& socket) {
    ASSERT_EQ(::dup2(socket.get(), kFirst + passed_), kFirst + passed_);
    ++passed_;
  }

  void expect_refused(const UniqueFd& socket, const std::string& why) {
    ASSERT_EQ(::dup2(socket.get(), kFirst), kFirst);
    announce(1, "some.socket");
    const Result<std::vector<PassedSocket>> taken = take_passed_sockets(kFirst);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::kBadRequest);
    EXPECT_EQ(taken.error().message, "descriptor 300 (some.socket) was rejected: " + why);
    EXPECT_FALSE(taken.error().hint.empty());
  }

  const TemporaryDirectory directory;

 private:
  int passed_ = 0;
};

TEST_F(PassedSockets, AreTakenWithTheirPathsAndNames) {
  pass(listening("commands.sock"));
  pass(listening("events.sock"));
  announce(2, "shmbus-agent.socket:other");
  const Result<std::vector<PassedSocket>> taken = take_passed_sockets(kFirst);
  ASSERT_TRUE(taken) << taken.error().message;
  ASSERT_EQ(taken->size(), 2U);
  EXPECT_EQ(taken->at(0).path, directory.file("commands.sock"));
  EXPECT_EQ(taken->at(0).name, "shmbus-agent.socket");
  EXPECT_EQ(taken->at(1).path, directory.file("events.sock"));
  EXPECT_EQ(taken->at(1).name, "other");
  EXPECT_EQ(taken->at(1).descriptor.get(), kFirst + 1);
  EXPECT_EQ(::fcntl(kFirst + 1, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(PassedSockets, AreTakenOnce) {
  pass(listening("commands.sock"));
  announce(1);
  const Result<std::vector<PassedSocket>> taken = take_passed_sockets(kFirst);
  for (const char* const name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) {
    EXPECT_EQ(std::getenv(name), nullptr) << name;
  }
  EXPECT_TRUE(take_passed_sockets(kFirst)->empty());
}

TEST_F(PassedSockets, OfAnotherProcessAreNotOurs) {
  pass(listening("commands.sock"));
  announce(1);
  ::setenv("LISTEN_PID", "1", 1);
  EXPECT_TRUE(take_passed_sockets(kFirst)->empty());
  announce(1);
  ::unsetenv("LISTEN_PID");
  EXPECT_TRUE(take_passed_sockets(kFirst)->empty());
}

TEST_F(PassedSockets, ThatTheAgentCantUseAreRefusedWithTheReason) {
  expect_refused(make("not_listening"), "it is not a listening socket");
  expect_refused(make("datagrams", SOCK_DGRAM), "it is not a Unix stream socket");
  expect_refused(make("packets", SOCK_SEQPACKET), "it is not a Unix stream socket");
  expect_refused(UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), "it is not a Unix stream socket");
  expect_refused(listening("@shmbus-passed-sockets-test-" + std::to_string(::getpid())), "it has no path");
  expect_refused(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "it is not a Unix stream socket");
  announce(1);
  EXPECT_EQ(take_passed_sockets(kFirst).error().message, "descriptor 300 was rejected: Bad file descriptor");
}

TEST_F(PassedSockets, OfANumberThatIsNoneAreRefused) {
  for (const char* const number : {"-1", "two", "1 ", "99999999999", "2000000000"}) {
    announce(0);
    ::setenv("LISTEN_FDS", number, 1);
    EXPECT_EQ(take_passed_sockets(kFirst).error().code, ErrorCode::kBadRequest) << number;
  }
}

TEST_F(PassedSockets, AreHandedOverByPathAndNoneIsForgotten) {
  pass(listening("commands.sock"));
  pass(listening("events.sock"));
  announce(2, "shmbus-agent.socket:shmbus-agent.socket");
  Result<std::vector<PassedSocket>> taken = take_passed_sockets(kFirst);
  ASSERT_TRUE(taken);
  EXPECT_FALSE(take_at(directory.file("other.sock"), *taken));
  EXPECT_EQ(take_at(directory.file("commands.sock"), *taken).get(), kFirst);
  EXPECT_FALSE(take_at(directory.file("commands.sock"), *taken)) << "it is gone";
  EXPECT_EQ(all_taken(*taken).error().message,
            "shmbus-agent.socket listens at " + directory.file("events.sock") + ", which is not one of the endpoints");
  EXPECT_EQ(take_at(directory.file("events.sock"), *taken).get(), kFirst + 1);
  EXPECT_TRUE(all_taken(*taken));
}

}  // namespace
}  // namespace shmbus::agent
