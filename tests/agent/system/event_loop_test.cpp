#include "agent/system/event_loop.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <string>
#include <system_error>
#include <zmq.hpp>

namespace shmbus::agent {
namespace {

using std::chrono::milliseconds;

using Clock = std::chrono::steady_clock;

// Longer than a test may take: whoever waits so long has missed it.
Clock::time_point until_told_so() { return Clock::now() + std::chrono::minutes(1); }

class EventLoopTest : public ::testing::Test {
 protected:
  ~EventLoopTest() override { close(event_); }

  void signal() const {
    const std::uint64_t one = 1;
    ASSERT_EQ(write(event_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  void clear() const {
    std::uint64_t count = 0;
    ASSERT_EQ(read(event_, &count, sizeof count), static_cast<ssize_t>(sizeof count));
  }

  // With nothing to hear, a turn lasts until its deadline.
  void expect_to_wait(milliseconds time) {
    const Clock::time_point deadline = Clock::now() + time;
    waits.run_once(deadline);
    EXPECT_GE(Clock::now(), deadline);
  }

  const int event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  EventLoop waits;
};

TEST_F(EventLoopTest, TheWorkOfADescriptorIsDoneInEachTurnInWhichItIsReadable) {
  int done = 0;
  waits.add_descriptor(event_, [&] { ++done; });
  waits.run_once(Clock::now());
  EXPECT_EQ(done, 0);
  signal();
  waits.run_once(until_told_so());
  waits.run_once(until_told_so());
  EXPECT_EQ(done, 2);
  clear();
  waits.run_once(Clock::now());
  EXPECT_EQ(done, 2);
}

TEST_F(EventLoopTest, ADescriptorThatIsNotListenedToWakesNobodyAndIsHeardLater) {
  bool listens = false;
  int done = 0;
  waits.add_descriptor(
      event_, [&] { ++done; }, [&] { return listens; });
  signal();
  waits.run_once(Clock::now() + milliseconds(1));
  EXPECT_EQ(done, 0);
  listens = true;
  waits.run_once(until_told_so());
  EXPECT_EQ(done, 1);
  listens = false;
  waits.run_once(Clock::now() + milliseconds(1));
  EXPECT_EQ(done, 1);
}

TEST_F(EventLoopTest, WithoutADescriptorThereIsNothingToHear) {
  int done = 0;
  waits.add_descriptor(
      -1, [&] { ++done; }, [] { return true; });
  waits.add_descriptor(event_, [&] { ++done; });
  signal();
  waits.run_once(until_told_so());
  EXPECT_EQ(done, 1);
}

TEST_F(EventLoopTest, ADescriptorThatCannotBeWaitedForIsRefused) {
  EXPECT_THROW(waits.add_descriptor(std::numeric_limits<int>::max(), [] {}), std::system_error);
}

TEST_F(EventLoopTest, ATurnEndsAtItsDeadlineNotBefore) {
  waits.add_descriptor(event_, [] {});
  expect_to_wait(milliseconds(3));
  waits.run_once(Clock::time_point());  // over long ago
}

TEST_F(EventLoopTest, ADeadlineThatComesFirstIsHeededAlthoughALaterOneWasSet) {
  waits.add_descriptor(event_, [&] { clear(); });
  signal();
  waits.run_once(until_told_so());
  expect_to_wait(milliseconds(3));
}

TEST_F(EventLoopTest, ADeadlineThatIsOverBeforeTheTurnDoesNotSpoilTheNext) {
  waits.add_descriptor(event_, [&] { clear(); });
  const Clock::time_point first = Clock::now() + milliseconds(1);
  signal();
  waits.run_once(first);
  while (Clock::now() <= first) {
  }
  waits.run_once(until_told_so());  // ends at once, by the alarm of the first
  expect_to_wait(milliseconds(3));
}

TEST_F(EventLoopTest, ADeadlineThatIsPutOffWakesOnceMoreAtItsOldTime) {
  waits.add_descriptor(event_, [&] { clear(); });
  const Clock::time_point old = Clock::now() + milliseconds(3);
  signal();
  waits.run_once(old);
  int turns = 0;
  const Clock::time_point put_off = Clock::now() + milliseconds(20);
  while (Clock::now() < put_off) {
    waits.run_once(put_off);
    ++turns;
  }
  EXPECT_LE(turns, 2);
}

TEST_F(EventLoopTest, WorkIsDoneInTheOrderOfAdding) {
  std::string order;
  waits.add_descriptor(event_, [&] { order += 'a'; });
  waits.add_when_due([&] { order += 'b'; });
  const int socket = dup(event_);
  waits.add_socket(socket, [&] {
    order += 'c';
    return true;
  });
  signal();
  while (order.find('b') == std::string::npos) {
    order.clear();
    waits.run_once(Clock::time_point());
  }
  EXPECT_EQ(order, "abc");
  close(socket);
}

TEST_F(EventLoopTest, WhatIsDueIsDoneWhenADeadlineIsOverAndOnlyThen) {
  int done = 0;
  waits.add_descriptor(event_, [&] { clear(); });
  waits.add_when_due([&] { ++done; });
  signal();
  waits.run_once(until_told_so());
  EXPECT_EQ(done, 0);
  expect_to_wait(milliseconds(3));
  EXPECT_EQ(done, 1);
  signal();
  waits.run_once(until_told_so());
  EXPECT_EQ(done, 1);
}

TEST_F(EventLoopTest, ASocketIsToldInTheFirstTurnAndAgainWithoutAWaitAsLongAsItSaysSo) {
  int done = 0;
  waits.add_socket(event_, [&] { return ++done < 3; });
  for (int turn = 1; turn <= 3; ++turn) {
    waits.run_once(until_told_so());
    EXPECT_EQ(done, turn);
  }
  waits.run_once(Clock::now());
  EXPECT_EQ(done, 3);
}

TEST_F(EventLoopTest, TheWorkOfASocketIsDoneWithoutBeingToldIfItIsUnread) {
  int done = 0;
  bool pending = false;
  const auto work = [&] {
    ++done;
    return false;
  };
  waits.add_socket(event_, work, [&] { return pending; });
  waits.run_once(Clock::now());
  waits.run_once(Clock::now());
  EXPECT_EQ(done, 1);
  pending = true;
  waits.run_once(Clock::now());
  EXPECT_EQ(done, 2);
}

TEST_F(EventLoopTest, EveryMessageOfASocketIsFoundAlthoughItsDescriptorTellsOnce) {
  zmq::context_t context;
  zmq::socket_t receiver(context, zmq::socket_type::rep);
  receiver.bind("inproc://wait_set_test");
  zmq::socket_t sender(context, zmq::socket_type::req);
  sender.connect("inproc://wait_set_test");
  int received = 0;
  waits.add_socket(receiver.get(zmq::sockopt::fd), [&] {
    zmq::message_t message;
    while (receiver.recv(message, zmq::recv_flags::dontwait)) {
      ++received;
      receiver.send(message, zmq::send_flags::dontwait);
    }
    return false;
  });
  constexpr int kRounds = 1000;
  for (int round = 1; round <= kRounds; ++round) {
    sender.send(zmq::str_buffer("x"), zmq::send_flags::none);
    while (received < round) {
      waits.run_once(until_told_so());
    }
    zmq::message_t answer;
    ASSERT_TRUE(sender.recv(answer));
  }
  EXPECT_EQ(received, kRounds);
}

}  // namespace
}  // namespace shmbus::agent
