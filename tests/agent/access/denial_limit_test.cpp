#include "agent/access/denial_limit.hpp"

#include <gtest/gtest.h>

#include "tests/support/start_time.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kTime{hours(1000)};

std::size_t admitted(DenialLimit& limit, const std::string& principal, Clock::time_point now, int tries) {
  std::size_t count = 0;
  for (int i = 0; i < tries; ++i) {
    count += limit.admit(principal, now, kTime + (now - kStart) + seconds(i)) ? 1 : 0;
  }
  return count;
}

TEST(DenialLimit, AdmitsSixtyAMinuteAndCountsTheRest) {
  DenialLimit limit;
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 100), 60U);
  EXPECT_TRUE(limit.take_ended(kStart + seconds(59)).empty());
  EXPECT_EQ(admitted(limit, "uid:1", kStart + seconds(59), 1), 0U);
  const auto ended = limit.take_ended(kStart + seconds(60));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().principal, "uid:1");
  EXPECT_EQ(ended.front().denials.count, 41U);
  EXPECT_EQ(ended.front().denials.since, kTime + seconds(60));
  EXPECT_EQ(ended.front().denials.until, kTime + seconds(59));
  EXPECT_EQ(admitted(limit, "uid:1", kStart + seconds(60), 100), 60U);
}

TEST(DenialLimit, TellsNothingOfAMinuteThatLeftNothingOut) {
  DenialLimit limit;
  EXPECT_FALSE(limit.next_deadline());
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 60), 60U);
  EXPECT_EQ(limit.next_deadline(), kStart + seconds(60));
  EXPECT_TRUE(limit.take_ended(kStart + seconds(60)).empty());
  EXPECT_FALSE(limit.next_deadline());
}

TEST(DenialLimit, GivesEachPrincipalAMinuteOfItsOwn) {
  DenialLimit limit;
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 100), 60U);
  EXPECT_EQ(admitted(limit, "uid:2", kStart + seconds(30), 70), 60U);
  EXPECT_EQ(limit.take_ended(kStart + seconds(60)).size(), 1U);
  EXPECT_EQ(limit.next_deadline(), kStart + seconds(90));
  const auto ended = limit.take_ended(kStart + seconds(90));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().principal, "uid:2");
  EXPECT_EQ(ended.front().denials.count, 10U);
}

TEST(DenialLimit, TellsAllAtTheEnd) {
  DenialLimit limit;
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 61), 60U);
  EXPECT_EQ(admitted(limit, "uid:2", kStart, 61), 60U);
  EXPECT_EQ(limit.take_ended(Clock::time_point::max()).size(), 2U);
  EXPECT_TRUE(limit.take_ended(Clock::time_point::max()).empty());
}

TEST(DenialLimit, LetsThePrincipalsBeyondTheMostShareOneMinute) {
  DenialLimit limit;
  for (std::size_t uid = 0; uid < DenialLimit::kMostPrincipals; ++uid) {
    ASSERT_TRUE(limit.admit("uid:" + std::to_string(uid), kStart, kTime));
  }
  std::size_t written = 0;
  for (int uid = 0; uid < 10'000; ++uid) {
    written += admitted(limit, "other:" + std::to_string(uid), kStart, 1);
  }
  EXPECT_EQ(written, 60U);
  EXPECT_EQ(admitted(limit, "uid:0", kStart, 59), 59U);
  const auto ended = limit.take_ended(kStart + seconds(60));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().principal, std::nullopt);
  EXPECT_EQ(ended.front().denials.count, 10'000U - 60U);
  EXPECT_EQ(admitted(limit, "other:1", kStart + seconds(60), 100), 60U);
  EXPECT_EQ(limit.take_ended(kStart + seconds(120)).front().principal, "other:1");
}

}  // namespace
}  // namespace shmbus::agent
