#include "agent/requests/request_queues.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

using std::chrono::milliseconds;

bool push(RequestQueues& queues, const std::string& principal, const std::string& bytes) {
  Requests one(1);
  one.front().frames.emplace_back(bytes);
  return queues.push(principal, one);
}

std::string next(RequestQueues& queues, milliseconds spent = milliseconds(1)) {
  Requests one;
  queues.pop(one);
  queues.charge(spent);
  return one.front().request().to_string();
}

// In the order in which they are served, each for as long.
std::string all(RequestQueues& queues) {
  std::string order;
  while (queues.size() > 0) {
    order += next(queues);
  }
  return order;
}

TEST(RequestQueues, ServeOnePrincipalInTheOrderOfItsRequests) {
  RequestQueues queues;
  for (const std::string bytes : {"1", "2", "3"}) {
    EXPECT_TRUE(push(queues, "a", bytes));
  }
  EXPECT_EQ(queues.size(), 3U);
  EXPECT_EQ(all(queues), "123");
  EXPECT_EQ(queues.size(), 0U);
}

TEST(RequestQueues, ServePrincipalsByTurnsHoweverManyRequestsOneHas) {
  RequestQueues queues;
  for (int i = 0; i < 5; ++i) {
    push(queues, "many", "m");
  }
  push(queues, "few", "f");
  push(queues, "few", "F");
  push(queues, "one", "1");
  EXPECT_EQ(all(queues), "mf1mFmmm");
}

TEST(RequestQueues, GiveEachPrincipalAsMuchTimeAsTheOthers) {
  RequestQueues queues;
  for (int i = 0; i < 3; ++i) {
    push(queues, "slow", "s");
  }
  for (int i = 0; i < 12; ++i) {
    push(queues, "quick", "q");
  }
  std::string order;
  while (queues.size() > 0) {
    Requests one;
    queues.pop(one);
    queues.charge(milliseconds(queues.served() == "slow" ? 4 : 1));
    order += one.front().request().to_string();
  }
  EXPECT_EQ(order, "sqqqqsqqqqsqqqq");
}

TEST(RequestQueues, ServeAPrincipalThatWasIdleAfterTheRequestInService) {
  RequestQueues queues;
  push(queues, "busy", "1");
  push(queues, "busy", "2");
  push(queues, "busy", "3");
  EXPECT_EQ(next(queues, milliseconds(400)), "1");
  push(queues, "idle", "i");
  EXPECT_EQ(all(queues), "i23");
}

TEST(RequestQueues, GiveNoCreditForTimeThatAPrincipalWasIdle) {
  RequestQueues queues;
  push(queues, "busy", "b");
  EXPECT_EQ(next(queues, milliseconds(1000)), "b");
  push(queues, "busy", "b");
  EXPECT_EQ(next(queues, milliseconds(1000)), "b");
  for (int i = 0; i < 3; ++i) {
    push(queues, "busy", "b");
    push(queues, "new", "n");
  }
  EXPECT_EQ(next(queues, milliseconds(1000)) + next(queues, milliseconds(1000)) + next(queues, milliseconds(1000)),
            "bnb");
}

TEST(RequestQueues, ContinueARequestThatWasPutBackBeforeTheOthersOfItsPrincipal) {
  RequestQueues queues;
  push(queues, "a", "batch");
  push(queues, "a", "later");
  push(queues, "b", "other");
  Requests round;
  queues.pop(round);
  EXPECT_EQ(queues.served(), "a");
  queues.put_back(round);
  queues.charge(milliseconds(40));
  EXPECT_TRUE(round.empty());
  EXPECT_EQ(queues.size(), 3U);
  EXPECT_EQ(next(queues), "other");
  EXPECT_EQ(next(queues), "batch");
  EXPECT_EQ(next(queues), "later");
}

TEST(RequestQueues, PutBackTheOnlyRequestOfAPrincipal) {
  RequestQueues queues;
  push(queues, "a", "batch");
  Requests round;
  queues.pop(round);
  queues.put_back(round);
  queues.charge(milliseconds(40));
  EXPECT_EQ(all(queues), "batch");
}

TEST(RequestQueues, BoundTheRequestsOfEachPrincipal) {
  RequestQueues queues;
  for (std::size_t i = 0; i < kMaxQueuedRequests; ++i) {
    ASSERT_TRUE(push(queues, "many", "m"));
  }
  EXPECT_FALSE(push(queues, "many", "m"));
  EXPECT_TRUE(push(queues, "other", "o"));
  EXPECT_EQ(next(queues), "m");
  EXPECT_TRUE(push(queues, "many", "m"));
}

TEST(RequestQueues, BoundTheBytesOfEachPrincipal) {
  RequestQueues queues;
  const std::string half(kMaxQueuedBytes / 2, 'x');
  EXPECT_TRUE(push(queues, "large", half));
  EXPECT_TRUE(push(queues, "large", half));
  EXPECT_FALSE(push(queues, "large", "x"));
  EXPECT_TRUE(push(queues, "other", half));
  EXPECT_EQ(next(queues), half);
  EXPECT_TRUE(push(queues, "large", half));
}

TEST(RequestQueues, ForgetPrincipalsThatAreIdle) {
  RequestQueues queues;
  for (int i = 0; i < 1000; ++i) {
    push(queues, "uid:" + std::to_string(i), "r");
    next(queues);
  }
  EXPECT_EQ(queues.principals(), 1U);  // the last one
}

}  // namespace
}  // namespace shmbus::agent
