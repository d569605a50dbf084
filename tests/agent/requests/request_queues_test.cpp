#include "agent/requests/request_queues.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

void push(RequestQueues& queues, const std::string& principal, const std::string& bytes) {
  Requests one(1);
  one.front().frames.emplace_back(bytes);
  queues.push(principal, one);
}

std::string next(RequestQueues& queues) {
  Requests one;
  queues.pop(one);
  return one.front().request().to_string();
}

// In the order in which they are served.
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
    push(queues, "a", bytes);
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

TEST(RequestQueues, GiveTheNextTurnToWhoComesBack) {
  RequestQueues queues;
  push(queues, "a", "1");
  push(queues, "b", "2");
  push(queues, "b", "3");
  EXPECT_EQ(next(queues), "1");
  push(queues, "a", "4");
  EXPECT_EQ(all(queues), "243");
}

}  // namespace
}  // namespace shmbus::agent
