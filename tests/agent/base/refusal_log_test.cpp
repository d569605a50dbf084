#include "agent/base/refusal_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RefusalLogTest : public testing::Test {
 protected:
  CapturedLog lines;
  RefusalLog log;
  const Clock::time_point start{};
};

TEST_F(RefusalLogTest, TellsEachPeerOnceAMinuteAndCountsAll) {
  log.add("10.0.0.1", "no key", start);
  log.add("10.0.0.1", "no key", start + seconds(59));
  log.add("10.0.0.2", "no key", start + seconds(59));
  EXPECT_THAT(lines.take(),
              ElementsAre("refused 10.0.0.1: no key", "refused 10.0.0.2: no key (1 not logged since the last line)"));
  log.add("10.0.0.1", "no key", start + seconds(60));
  EXPECT_THAT(lines.take(), ElementsAre("refused 10.0.0.1: no key"));
  log.add("10.0.0.2", "no key", start + seconds(60));
  EXPECT_THAT(lines.take(), IsEmpty());
  EXPECT_EQ(log.count(), 5U);
}

TEST_F(RefusalLogTest, RemembersSoManyPeersOnly) {
  const std::size_t all = RefusalLog::kMostPeers + 500;
  for (std::size_t peer = 0; peer < all; ++peer) {
    log.add(std::to_string(peer), "no key", start);
  }
  EXPECT_EQ(lines.take().size(), RefusalLog::kMostPeers);
  EXPECT_EQ(log.count(), all);
  log.add("0", "no key", start + seconds(60));
  EXPECT_THAT(lines.take(), ElementsAre(HasSubstr("(500 not logged")));
}

TEST_F(RefusalLogTest, CutsAndEscapesWhatAPeerWrote) {
  log.add("\x1b[2J", std::string(100'000, 'x').append("\n"), start);
  const std::vector<std::string> told = lines.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_LT(told.front().size(), 300U);
  EXPECT_THAT(told.front(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace shmbus::agent
