#include "agent/transport/limiter_check.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "agent/transport/connection_limiter.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

// A REP socket on ipc and tcp behind the gate that libzmq finds, and clients in a context of their own.
class LibzmqBehindTheGate : public ::testing::Test {
 protected:
  LibzmqBehindTheGate() {
    server.bind("ipc://" + path);
    server.bind("tcp://127.0.0.1:*");
    tcp = server.get(zmq::sockopt::last_endpoint);
    EXPECT_EQ(::chmod(directory.path().c_str(), 0711), 0);
    EXPECT_EQ(::chmod(path.c_str(), 0777), 0);
  }
  ~LibzmqBehindTheGate() override { gate.limit({}); }

  zmq::socket_t client(const std::string& endpoint) {
    zmq::socket_t made(clients, zmq::socket_type::req);
    made.set(zmq::sockopt::linger, 0);
    made.set(zmq::sockopt::sndtimeo, 20'000);
    made.set(zmq::sockopt::rcvtimeo, 20'000);
    made.connect(endpoint);
    return made;
  }
  zmq::socket_t ipc_client() { return client("ipc://" + path); }

  // One request and its reply.
  bool is_served(zmq::socket_t& asking) {
    zmq::message_t message;
    return asking.send(zmq::str_buffer("?"), zmq::send_flags::none) && server.recv(message) &&
           server.send(zmq::str_buffer("!"), zmq::send_flags::none) && asking.recv(message);
  }

  // True when libzmq has closed so many that `count` are left.
  bool comes_down_to(std::size_t count) {
    const Deadline deadline;
    while (gate.open_now() > count && !deadline.passed()) {
      std::this_thread::yield();
    }
    return gate.open_now() == count;
  }

  const TemporaryDirectory directory;
  const std::string path = directory.file("commands.sock");
  std::string tcp;
  ConnectionLimiter& gate = ConnectionLimiter::instance();
  const ConnectionCounts before = gate.counts();
  const std::size_t open_before = gate.open_now();
  zmq::context_t context;
  zmq::context_t clients;
  zmq::socket_t server = [this] {
    zmq::socket_t made(context, zmq::socket_type::rep);
    made.set(zmq::sockopt::rcvtimeo, 20'000);
    return made;
  }();
};

TEST_F(LibzmqBehindTheGate, TakesEveryConnectionThroughIt) {
  zmq::socket_t by_ipc = ipc_client();
  zmq::socket_t by_tcp = client(tcp);
  EXPECT_TRUE(is_served(by_ipc));
  EXPECT_TRUE(is_served(by_tcp));
  EXPECT_EQ(gate.counts().accepted - before.accepted, 2U);
  EXPECT_EQ(gate.open_now() - open_before, 2U);
  by_ipc.close();
  by_tcp.close();
  EXPECT_TRUE(comes_down_to(open_before));
}

TEST_F(LibzmqBehindTheGate, IsFoundThereByTheCheck) {
  const Result<void> checked = check_connection_limiter();
  EXPECT_TRUE(checked) << checked.error().message;
  EXPECT_TRUE(comes_down_to(open_before));
}

TEST_F(LibzmqBehindTheGate, ServesOthersWhenOneUidHasAllItMayHave) {
  if (!may_become_others()) {
    GTEST_SKIP() << "only root can be others";
  }
  gate.limit({.in_all = 0, .per_uid = 3});
  std::vector<UniqueFd> greedy;
  for (int i = 0; i < 3; ++i) {
    greedy.push_back(connected_as(10001, path));
    ASSERT_EQ(state_of(greedy.back()), ConnectionState::kTaken);
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(state_of(connected_as(10001, path)), ConnectionState::kEnded);
  }
  EXPECT_EQ(gate.counts().refused_of_uid - before.refused_of_uid, 100U);
  EXPECT_EQ(state_of(connected_as(10002, path)), ConnectionState::kTaken);
  zmq::socket_t own = ipc_client();
  EXPECT_TRUE(is_served(own));
  own.close();

  greedy.pop_back();
  ASSERT_TRUE(comes_down_to(open_before + 2));
  EXPECT_EQ(state_of(connected_as(10001, path)), ConnectionState::kTaken);
}

TEST_F(LibzmqBehindTheGate, HasACapInAllForBothTransports) {
  gate.limit({.in_all = open_before + 2, .per_uid = 0});
  zmq::socket_t by_ipc = ipc_client();
  zmq::socket_t by_tcp = client(tcp);
  EXPECT_TRUE(is_served(by_ipc));
  EXPECT_TRUE(is_served(by_tcp));
  EXPECT_EQ(state_of(connected_to(path)), ConnectionState::kEnded);
  EXPECT_TRUE(is_served(by_ipc));
  zmq::socket_t waiting = client(tcp);  // libzmq tries again until there is room
  const Deadline deadline;
  while (gate.counts().refused_in_all - before.refused_in_all < 2 && !deadline.passed()) {
    std::this_thread::yield();
  }
  by_ipc.close();
  EXPECT_TRUE(is_served(waiting));
  EXPECT_GE(gate.counts().refused_in_all - before.refused_in_all, 2U);
}

using LibzmqBehindTheGateDeathTest = LibzmqBehindTheGate;

// In a process of its own, which exits with 0 if all is well.
TEST_F(LibzmqBehindTheGateDeathTest, SurvivesThatNoDescriptorIsLeftAndServesAgain) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto leave = [&](int status) {
    std::filesystem::remove_all(directory.path());
    std::_Exit(status);
  };
  const auto story = [&] {
    constexpr std::size_t kMore = 20;
    constexpr std::size_t kRoom = 3;
    zmq::socket_t own = ipc_client();
    if (!is_served(own)) {
      leave(1);
    }
    std::vector<UniqueFd> many(kMore);
    for (UniqueFd& one : many) {
      one = unix_socket();
    }
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = static_cast<rlim_t>(lowest_free) + kRoom;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::size_t taken = 0;
    for (const UniqueFd& one : many) {
      taken += connect_to(one, path) && state_of(one) == ConnectionState::kTaken ? 1 : 0;
    }
    const std::uint64_t refused = gate.counts().refused_without_descriptor;
    if (taken != kRoom || refused != kMore - kRoom || !is_served(own)) {
      leave(2);
    }
    many.clear();
    if (!comes_down_to(1)) {
      leave(3);
    }
    zmq::socket_t another = ipc_client();
    leave(is_served(another) && gate.counts().refused_without_descriptor == refused ? 0 : 4);
  };
  EXPECT_EXIT(story(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace shmbus::agent
