#include "agent/base/throttled_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"
#include "tests/support/start_time.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr WallTime kTime{hours(1000)};
constexpr std::size_t kMostNames = 256;

std::size_t admitted(Throttle& limit, const std::string& name, Clock::time_point now, int tries) {
  std::size_t count = 0;
  for (int i = 0; i < tries; ++i) {
    count += limit.admit(name, now, kTime + (now - kStart) + seconds(i)) ? 1 : 0;
  }
  return count;
}

TEST(AThrottle, AdmitsSixtyAMinuteAndCountsTheRest) {
  Throttle limit{60, kMostNames};
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 100), 60U);
  EXPECT_TRUE(limit.take_ended(kStart + seconds(59)).empty());
  EXPECT_EQ(admitted(limit, "uid:1", kStart + seconds(59), 1), 0U);
  const auto ended = limit.take_ended(kStart + seconds(60));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().name, "uid:1");
  EXPECT_EQ(ended.front().lines.count, 41U);
  EXPECT_EQ(ended.front().lines.since, kTime + seconds(60));
  EXPECT_EQ(ended.front().lines.until, kTime + seconds(59));
  EXPECT_EQ(admitted(limit, "uid:1", kStart + seconds(60), 100), 60U);
}

TEST(AThrottle, TellsNothingOfAMinuteThatLeftNothingOut) {
  Throttle limit{60, kMostNames};
  EXPECT_FALSE(limit.next_deadline());
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 60), 60U);
  EXPECT_EQ(limit.next_deadline(), kStart + seconds(60));
  EXPECT_TRUE(limit.take_ended(kStart + seconds(60)).empty());
  EXPECT_FALSE(limit.next_deadline());
}

TEST(AThrottle, GivesEachNameAMinuteOfItsOwn) {
  Throttle limit{60, kMostNames};
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 100), 60U);
  EXPECT_EQ(admitted(limit, "uid:2", kStart + seconds(30), 70), 60U);
  EXPECT_EQ(limit.take_ended(kStart + seconds(60)).size(), 1U);
  EXPECT_EQ(limit.next_deadline(), kStart + seconds(90));
  const auto ended = limit.take_ended(kStart + seconds(90));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().name, "uid:2");
  EXPECT_EQ(ended.front().lines.count, 10U);
}

TEST(AThrottle, TellsAllAtTheEnd) {
  Throttle limit{60, kMostNames};
  EXPECT_EQ(admitted(limit, "uid:1", kStart, 61), 60U);
  EXPECT_EQ(admitted(limit, "uid:2", kStart, 61), 60U);
  EXPECT_EQ(limit.take_ended(Clock::time_point::max()).size(), 2U);
  EXPECT_TRUE(limit.take_ended(Clock::time_point::max()).empty());
}

TEST(AThrottle, LetsTheNamesBeyondTheMostShareOneMinute) {
  Throttle limit{60, kMostNames};
  for (std::size_t uid = 0; uid < kMostNames; ++uid) {
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
  EXPECT_EQ(ended.front().name, std::nullopt);
  EXPECT_EQ(ended.front().lines.count, 10'000U - 60U);
  EXPECT_EQ(admitted(limit, "other:1", kStart + seconds(60), 100), 60U);
  EXPECT_EQ(limit.take_ended(kStart + seconds(120)).front().name, "other:1");
}

class AThrottledLog : public testing::Test {
 protected:
  CapturedLog lines;
  ThrottledLog log;
  const Clock::time_point start{};
};

TEST_F(AThrottledLog, TellsEachPeerOnceAMinuteAndCountsAll) {
  log.add_refusal("10.0.0.1", "no key", start);
  log.add_refusal("10.0.0.1", "no key", start + seconds(59));
  log.add_refusal("10.0.0.2", "no key", start + seconds(59));
  EXPECT_THAT(lines.take(),
              ElementsAre("rejected 10.0.0.1: no key", "rejected 10.0.0.2: no key (1 more since the last line)"));
  log.add_refusal("10.0.0.1", "no key", start + seconds(60));
  EXPECT_THAT(lines.take(), ElementsAre("rejected 10.0.0.1: no key"));
  log.add_refusal("10.0.0.2", "no key", start + seconds(60));
  EXPECT_THAT(lines.take(), IsEmpty());
  EXPECT_EQ(log.count(), 5U);
}

TEST_F(AThrottledLog, RemembersSoManyPeersOnly) {
  const std::size_t all = ThrottledLog::kMostPeers + 500;
  for (std::size_t peer = 0; peer < all; ++peer) {
    log.add_refusal(std::to_string(peer), "no key", start);
  }
  EXPECT_EQ(lines.take().size(), ThrottledLog::kMostPeers + 1) << "one for all beyond";
  EXPECT_EQ(log.count(), all);
  log.add_refusal("0", "no key", start + seconds(60));
  EXPECT_THAT(lines.take(), ElementsAre(HasSubstr("(499 more since")));
}

TEST_F(AThrottledLog, CutsAndEscapesWhatAPeerWrote) {
  log.add_refusal("\x1b[2J", std::string(100'000, 'x').append("\n"), start);
  const std::vector<std::string> told = lines.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_LT(told.front().size(), 300U);
  EXPECT_THAT(told.front(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace shmbus::agent
