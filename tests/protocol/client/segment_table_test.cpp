#include "protocol/client/segment_table.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

constexpr ShmId kShmId = 3;

Event about(EventKind kind, std::optional<SegmentStat> stat, Changes changed = {}) {
  Event event;
  event.kind = kind;
  event.shm_shmid = kShmId;
  event.stat = stat;
  event.changed = changed;
  return event;
}

SegmentStat segment(std::uint64_t nattch = 0) { return {.shm_shmid = kShmId, .shm_segsz = 10, .shm_nattch = nattch}; }

class SegmentTableTest : public testing::Test {
 protected:
  SegmentTableTest() { table.reset({.segments = {segment(1)}}); }

  const SegmentStat& state() { return table.segments().at(kShmId); }

  SegmentTable table;
};

TEST_F(SegmentTableTest, StartsFromTheSnapshotAndForgetsWhatWasBefore) {
  EXPECT_EQ(state(), segment(1));
  table.apply(Resync{"restarted", {.segments = {}}});
  EXPECT_TRUE(table.segments().empty());
}

TEST_F(SegmentTableTest, ShowsWhatCameAndWentBetweenTwoLooks) {
  SegmentStat now = segment(1);
  now.shm_atime = 5;
  table.apply(about(EventKind::kAttached, now, {.shm_nattch = std::pair(1U, 2U)}));
  EXPECT_EQ(state().shm_nattch, 2U);
  EXPECT_EQ(state().shm_atime, 5);
  table.apply(about(EventKind::kDetached, now, {.shm_nattch = std::pair(2U, 1U)}));
  EXPECT_EQ(state(), now);
}

TEST_F(SegmentTableTest, ShowsEachChangeOfOneLookByItself) {
  SegmentStat now = segment(0);
  now.uid = 7;
  now.gid = 8;
  now.mode = Mode{0640};
  now.locked = now.marked = true;
  table.apply(about(EventKind::kSet, now,
                    {.uid = std::pair(0U, 7U),
                     .gid = std::pair(0U, 8U),
                     .mode = std::pair(Mode{}, Mode{0640}),
                     .locked = std::pair(false, true)}));
  EXPECT_FALSE(state().marked);
  EXPECT_EQ(state().shm_nattch, 1U);
  EXPECT_EQ(state().permissions(), now.permissions());
  EXPECT_TRUE(state().locked);
  table.apply(about(EventKind::kDetached, now, {.shm_nattch = std::pair(1U, 0U)}));
  table.apply(about(EventKind::kMarked, now, {.marked = std::pair(false, true)}));
  EXPECT_EQ(state(), now);
}

TEST_F(SegmentTableTest, HasASegmentFromCreatedToRemoved) {
  table.apply(about(EventKind::kRemoved, segment()));
  EXPECT_TRUE(table.segments().empty());
  SegmentStat made = segment(1);
  made.marked = true;
  table.apply(about(EventKind::kCreated, made));
  EXPECT_FALSE(state().marked) << "it was not when it was created";
  table.apply(about(EventKind::kMarked, made, {.marked = std::pair(false, true)}));
  EXPECT_EQ(state(), made);
}

TEST_F(SegmentTableTest, IsNotChangedByWhatIsNoChangeOfState) {
  table.apply(about(EventKind::kWritten, {}));
  table.apply(about(EventKind::kMissed, {}));
  EXPECT_EQ(state(), segment(1));
  EXPECT_EQ(table.segments().size(), 1U);
}

// A page of the list that was taken after the seq it counts for does not have the segment any more.
TEST_F(SegmentTableTest, TakesWhatItDoesNotKnowAsItIsTold) {
  table.reset({});
  table.apply(about(EventKind::kAttached, segment(2), {.shm_nattch = std::pair(1U, 2U)}));
  EXPECT_EQ(state(), segment(2));
  table.apply(StreamEvent{about(EventKind::kRemoved, segment(2)), ""});
  EXPECT_TRUE(table.segments().empty());
}

}  // namespace
}  // namespace shmbus
