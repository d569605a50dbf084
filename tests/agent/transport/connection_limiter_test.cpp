#include "agent/transport/connection_limiter.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/raw_connection.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

// A gate of its own before a listener of its own; no ZeroMQ.
class AConnectionGate : public ::testing::Test {
 protected:
  AConnectionGate() {
    const sockaddr_un address = unix_address(path);
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener.get(), 1000), 0);
    EXPECT_EQ(::chmod(directory.path().c_str(), 0711), 0);  // for other users
    EXPECT_EQ(::chmod(path.c_str(), 0777), 0);
  }

  // The agent's end of a new connection; an errno, negative, if it was refused.
  int accepted() { return accepted(connected_to(path)); }
  int accepted(UniqueFd client) {
    EXPECT_TRUE(client.valid());
    clients.push_back(std::move(client));
    const int fd = gate.accept(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
  }

  const TemporaryDirectory directory;
  const std::string path = directory.file("gate.sock");
  const UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  std::vector<UniqueFd> clients;
  ConnectionLimiter gate;
};

TEST_F(AConnectionGate, WithoutACapLetsAllIn) {
  std::vector<UniqueFd> ends;
  for (int i = 0; i < 300; ++i) {
    ends.emplace_back(accepted());
    ASSERT_TRUE(ends.back().valid());
  }
  EXPECT_EQ(gate.open_now(), 300U);
  EXPECT_EQ(gate.counts().accepted, 300U);
  EXPECT_EQ(gate.counts().seen(), 300U);
  ends.clear();
  EXPECT_EQ(gate.open_now(), 0U);
}

TEST_F(AConnectionGate, PassesAddressAndFlagsOn) {
  clients.push_back(connected_to(path));
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const UniqueFd end(
      gate.accept(listener.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ASSERT_TRUE(end.valid());
  EXPECT_EQ(address.ss_family, AF_UNIX);
  EXPECT_NE(::fcntl(end.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(end.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(AConnectionGate, LeavesWhatIsNoRefusalAsItIs) {
  EXPECT_EQ(gate.accept(listener.get(), nullptr, nullptr, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(gate.accept(-1, nullptr, nullptr, 0), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(gate.accept(listener.get(), nullptr, nullptr, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(gate.counts().seen(), 0U);
}

TEST_F(AConnectionGate, ClosesWhatIsBeyondACapAndSaysThatItWasAborted) {
  gate.limit({.in_all = 2, .per_uid = 0});
  UniqueFd first(accepted());
  const UniqueFd second(accepted());
  EXPECT_EQ(accepted(), -ECONNABORTED);
  EXPECT_EQ(state_of(clients.back()), ConnectionState::kEnded);
  EXPECT_EQ(gate.counts().refused_in_all, 1U);
  EXPECT_EQ(gate.counts().refused_of_uid, 0U);
  EXPECT_EQ(gate.counts().accepted, 2U);
  first.reset();
  const UniqueFd third(accepted());
  EXPECT_TRUE(third.valid());
  EXPECT_EQ(accepted(), -ECONNABORTED);
}

TEST_F(AConnectionGate, CountsEachUidForItself) {
  if (!may_become_others()) {
    GTEST_SKIP() << "only root can be others";
  }
  gate.limit({.in_all = 0, .per_uid = 1});
  UniqueFd of_one(accepted(connected_as(10001, path)));
  EXPECT_TRUE(of_one.valid());
  EXPECT_EQ(accepted(connected_as(10001, path)), -ECONNABORTED);
  const UniqueFd of_two(accepted(connected_as(10002, path)));
  EXPECT_TRUE(of_two.valid());
  EXPECT_EQ(gate.counts().refused_of_uid, 1U);
  of_one.reset();
  const UniqueFd of_one_again(accepted(connected_as(10001, path)));
  EXPECT_TRUE(of_one_again.valid());
}

TEST_F(AConnectionGate, KeepsConnectionsForRootAndItsOwnUser) {
  if (!may_become_others()) {
    GTEST_SKIP() << "only root can be others";
  }
  gate.limit({.in_all = 1, .per_uid = 0, .reserved = 1});
  const UniqueFd of_another(accepted(connected_as(10001, path)));
  EXPECT_TRUE(of_another.valid());
  EXPECT_EQ(accepted(connected_as(10001, path)), -ECONNABORTED);
  const UniqueFd own(accepted());
  EXPECT_TRUE(own.valid());
  EXPECT_EQ(accepted(), -ECONNABORTED);
}

TEST_F(AConnectionGate, IsNotConfusedByANumberThatIsUsedAgain) {
  gate.limit({.in_all = 2, .per_uid = 2});
  const int number = accepted();
  ASSERT_GE(number, 0);
  ::close(number);
  const UniqueFd other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));  // takes the number
  ASSERT_EQ(::dup2(other.get(), number), number);
  EXPECT_EQ(gate.open_now(), 0U);
  for (int i = 0; i < 100; ++i) {
    UniqueFd client = connected_to(path);
    ::close(number);
    ASSERT_EQ(accepted(std::move(client)), number);
  }
  EXPECT_EQ(gate.open_now(), 1U);
  ::close(number);
  EXPECT_EQ(gate.open_now(), 0U);
}

TEST_F(AConnectionGate, FindsRoomAmongMoreThanItAsksAlways) {
  constexpr std::size_t kCap = 2 * ConnectionLimiter::kAskedAlways;
  gate.limit({.in_all = kCap, .per_uid = 0});
  std::vector<UniqueFd> ends;
  for (std::size_t i = 0; i < kCap; ++i) {
    ends.emplace_back(accepted());
    ASSERT_TRUE(ends.back().valid());
  }
  EXPECT_EQ(accepted(), -ECONNABORTED);
  clients.clear();
  ends.pop_back();
  const Deadline deadline;
  UniqueFd next;
  while (!next && !deadline.passed()) {  // it does not ask at each refusal
    const int fd = accepted();
    next.reset(fd);
    clients.clear();
  }
  EXPECT_TRUE(next.valid());
  EXPECT_EQ(accepted(), -ECONNABORTED);
}

TEST_F(AConnectionGate, LogsTheRefusalsOfAUidOnceAMinute) {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  spdlog::set_pattern("%v");
  gate.limit({.in_all = 0, .per_uid = 1});
  const UniqueFd only(accepted());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(accepted(), -ECONNABORTED);
  }
  spdlog::set_default_logger(before);
  EXPECT_EQ(log.str(),
            "rejected a connection from uid " + std::to_string(::geteuid()) + ": it has 1, the limit for one uid\n");
}

}  // namespace
}  // namespace shmbus::agent
