#include "agent/access/rate_limiter.hpp"

#include <gtest/gtest.h>

#include "tests/support/start_time.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

int taken(RateLimiter& limit, const std::string& principal, Clock::time_point now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) {
    count += limit.take(principal, now) ? 1 : 0;
  }
  return count;
}

TEST(RateLimiter, ZeroIsNoLimitAndRemembersNobody) {
  RateLimiter limit(0);
  EXPECT_EQ(taken(limit, "uid:1", kStart, 10'000), 10'000);
  EXPECT_EQ(limit.principals(), 0U);
}

TEST(RateLimiter, ASecondsWorthMayComeAtOnceAndThenWhatTimeBrings) {
  RateLimiter limit(100);
  EXPECT_EQ(taken(limit, "uid:1", kStart, 200), 100);
  EXPECT_EQ(taken(limit, "uid:1", kStart + milliseconds(55), 200), 5);
  EXPECT_EQ(taken(limit, "uid:1", kStart + milliseconds(60), 200), 1);
  EXPECT_EQ(taken(limit, "uid:1", kStart + hours(1), 200), 100);
}

TEST(RateLimiter, OverALongTimeTheRateIsKeptExactly) {
  RateLimiter limit(100);
  int count = 0;
  for (int step = 0; step < 100'000; ++step) {  // 100 s, a try each millisecond
    count += limit.take("uid:1", kStart + milliseconds(step)) ? 1 : 0;
  }
  EXPECT_NEAR(count, 100 + 100 * 100, 1);
}

TEST(RateLimiter, LessThanOneRequestASecondIsOneEverySoOften) {
  RateLimiter limit(0.5);
  EXPECT_TRUE(limit.take("uid:1", kStart));
  EXPECT_FALSE(limit.take("uid:1", kStart + milliseconds(1999)));
  EXPECT_TRUE(limit.take("uid:1", kStart + milliseconds(2000)));
}

TEST(RateLimiter, EachPrincipalHasItsOwnBucket) {
  RateLimiter limit(1);
  EXPECT_TRUE(limit.take("uid:1", kStart));
  EXPECT_FALSE(limit.take("uid:1", kStart));
  EXPECT_TRUE(limit.take("uid:2", kStart));
}

// Of `requests` in one.
bool takes_batch(RateLimiter& limit, Clock::time_point now, std::size_t requests) {
  return limit.take("uid:1", now) && limit.take_more("uid:1", now, requests - 1);
}

TEST(RateLimiter, ABatchCostsItsRequests) {
  RateLimiter limit(10);
  EXPECT_TRUE(takes_batch(limit, kStart, 6));
  EXPECT_FALSE(limit.take_more("uid:1", kStart, 5));
  EXPECT_TRUE(takes_batch(limit, kStart, 4));
  EXPECT_FALSE(limit.take("uid:1", kStart));
  EXPECT_TRUE(limit.take_more("uid:1", kStart, 0));
}

TEST(RateLimiter, ABatchThatCostsMoreThanABucketHoldsNeedsAFullOneAndIsPaidOff) {
  RateLimiter limit(10);
  EXPECT_TRUE(takes_batch(limit, kStart, 30));
  EXPECT_FALSE(limit.take("uid:1", kStart + milliseconds(2050)));
  EXPECT_TRUE(limit.take("uid:1", kStart + milliseconds(2150)));
  EXPECT_FALSE(takes_batch(limit, kStart + milliseconds(2900), 30));
  EXPECT_TRUE(takes_batch(limit, kStart + milliseconds(3300), 30));
}

TEST(RateLimiter, ATimeBeforeTheLastBringsNothing) {
  RateLimiter limit(1);
  EXPECT_TRUE(limit.take("uid:1", kStart + seconds(10)));
  EXPECT_FALSE(limit.take("uid:1", kStart));
  EXPECT_FALSE(limit.take("uid:1", kStart + seconds(10)));
  EXPECT_TRUE(limit.take("uid:1", kStart + seconds(11)));
}

TEST(RateLimiter, FullBucketsAreForgotten) {
  RateLimiter limit(1, 1000);
  for (int uid = 0; uid < 100'000; ++uid) {
    ASSERT_TRUE(limit.take("uid:" + std::to_string(uid), kStart + seconds(uid / 10)));
    ASSERT_LE(limit.principals(), 64U);  // ten at a time are not full
  }
}

TEST(RateLimiter, NoMoreThanTheMostPrincipalsAreKeptAndTheFullestGoFirst) {
  RateLimiter limit(100, 8);
  for (int uid = 0; uid < 4; ++uid) {
    ASSERT_EQ(taken(limit, "empty:" + std::to_string(uid), kStart, 100), 100);
  }
  for (int uid = 0; uid < 1000; ++uid) {
    ASSERT_TRUE(limit.take("uid:" + std::to_string(uid), kStart));
    ASSERT_LE(limit.principals(), 8U);
  }
  for (int uid = 0; uid < 4; ++uid) {
    EXPECT_FALSE(limit.take("empty:" + std::to_string(uid), kStart)) << uid;
  }
}

TEST(RateLimiter, OnePrincipalIsTheFewestThatAreKept) {
  RateLimiter limit(2, 0);
  EXPECT_TRUE(limit.take("uid:1", kStart));
  EXPECT_TRUE(limit.take("uid:2", kStart));
  EXPECT_EQ(limit.principals(), 1U);
}

}  // namespace
}  // namespace shmbus::agent
