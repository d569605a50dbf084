#include "agent/watch/effect.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

SegmentStat segment(std::uint64_t attachments = 0) {
  SegmentStat stat;
  stat.shm_key = 5679;
  stat.shm_shmid = 3;
  stat.mode = Mode{0600};
  stat.shm_nattch = attachments;
  return stat;
}

TEST(AnEffect, ChangesWhatItSaysAndTakesTheTimesFromTheLook) {
  SegmentStat actual = segment(9);
  actual.mode = Mode{0777};
  actual.shm_ctime = 1708474369;
  actual.shm_lpid = 5;
  const auto after = state_after({.attached = 1, .set = {.uid = 7, .gid = {}, .mode = Mode{0640}}}, segment(1), actual);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->permissions(), (Permissions{7, 0, Mode{0640}}));
  EXPECT_EQ(after->shm_nattch, 2U);
  EXPECT_EQ(after->shm_ctime, 1708474369);
  EXPECT_EQ(after->shm_lpid, 5);
}

TEST(AnEffect, OfARemovalMarksWhatIsAttachedAndEndsWhatIsNot) {
  EXPECT_TRUE(state_after({.removed = true}, segment(1), std::nullopt)->marked);
  EXPECT_FALSE(state_after({.removed = true}, segment(), std::nullopt));
  EXPECT_TRUE(state_after({.removed = true}, segment(), segment(1))->marked);
}

TEST(AnEffect, OfTheLastDetachEndsWhatIsMarked) {
  SegmentStat marked = segment(1);
  marked.marked = true;
  EXPECT_FALSE(state_after({.attached = -1}, marked, std::nullopt));
  EXPECT_EQ(state_after({.attached = -1}, segment(1), std::nullopt)->shm_nattch, 0U);
  EXPECT_EQ(state_after({.attached = -2}, segment(1), std::nullopt)->shm_nattch, 0U);
}

}  // namespace
}  // namespace shmbus::agent
