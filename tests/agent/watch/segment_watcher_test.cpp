#include "agent/watch/segment_watcher.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

using Kinds = std::vector<EventKind>;

SegmentStat segment(ShmId shmid, Key key = 5679) {
  SegmentStat stat;
  stat.shm_key = key;
  stat.shm_shmid = shmid;
  stat.shm_segsz = 100;
  stat.mode = Mode{0600};
  stat.shm_cpid = 812;
  return stat;
}

// As the kernel shows it: the key is gone.
SegmentStat marked(SegmentStat stat) {
  stat.marked = true;
  stat.shm_key = kPrivateKey;
  return stat;
}

Kinds kinds_of(const std::vector<SegmentChange>& changes) {
  Kinds kinds;
  for (const SegmentChange& change : changes) {
    kinds.push_back(change.kind);
  }
  return kinds;
}

class SegmentWatcherTest : public ::testing::Test {
 protected:
  // Returns the changes from `before` to `after`.
  std::vector<SegmentChange> changes(const SegmentStat& before, const SegmentStat& after) {
    watcher.compare({before});
    return watcher.compare({after});
  }

  SegmentWatcher watcher;
};

TEST_F(SegmentWatcherTest, ASegmentThatAppearsIsCreatedAndTheSameOneIsNothing) {
  const auto changes = watcher.compare({segment(1)});
  ASSERT_EQ(kinds_of(changes), Kinds{EventKind::kCreated});
  EXPECT_EQ(changes[0].stat, segment(1));
  EXPECT_FALSE(changes[0].changed.mode || changes[0].changed.shm_nattch);
  EXPECT_TRUE(watcher.compare({segment(1)}).empty());
}

TEST_F(SegmentWatcherTest, AMarkedSegmentThatAppearsIsCreatedThenMarked) {
  const auto changes = watcher.compare({marked(segment(1))});
  ASSERT_EQ(kinds_of(changes), (Kinds{EventKind::kCreated, EventKind::kMarked}));
  EXPECT_EQ(changes[1].changed.marked, std::pair(false, true));
}

TEST_F(SegmentWatcherTest, ASegmentThatIsGoneIsRemovedWithItsLastState) {
  watcher.compare({segment(1), segment(2, 6)});
  const auto changes = watcher.compare({segment(2, 6)});
  ASSERT_EQ(kinds_of(changes), Kinds{EventKind::kRemoved});
  EXPECT_EQ(changes[0].stat, segment(1));
  EXPECT_EQ(watcher.known(1), nullptr);
  EXPECT_EQ(watcher.ids().size(), 1U);
}

TEST_F(SegmentWatcherTest, WhatIsKnownIsInTheOrderOfIds) {
  watcher.compare({segment(32771, 3), segment(2, 2), segment(5, 5)});
  EXPECT_EQ(watcher.ids(), (std::vector<ShmId>{2, 5, 32771}));
  SegmentStat reused = segment(2, 2);
  reused.shm_cpid = 813;
  watcher.compare_one(2, reused);
  watcher.compare_one(5, std::nullopt);
  watcher.compare_one(3, segment(3, 7));
  EXPECT_EQ(watcher.ids(), (std::vector<ShmId>{2, 3, 32771}));
  watcher.compare({});
  EXPECT_TRUE(watcher.ids().empty());
}

TEST_F(SegmentWatcherTest, OwnerModeAndLockAreOneSetWithBeforeAndAfter) {
  SegmentStat after = segment(1);
  after.uid = 7;
  after.gid = 8;
  after.mode = Mode{0644};
  after.locked = true;
  const auto told = changes(segment(1), after);
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kSet});
  EXPECT_EQ(told[0].changed.uid, std::pair(0U, 7U));
  EXPECT_EQ(told[0].changed.gid, std::pair(0U, 8U));
  EXPECT_EQ(told[0].changed.mode, std::pair(Mode{0600}, Mode{0644}));
  EXPECT_EQ(told[0].changed.locked, std::pair(false, true));
  EXPECT_FALSE(told[0].changed.shm_nattch || told[0].changed.marked);
}

TEST_F(SegmentWatcherTest, TheChangeTimeAloneIsNoChange) {
  SegmentStat after = segment(1);
  after.shm_ctime = 1708474369;
  EXPECT_TRUE(changes(segment(1), after).empty());
  EXPECT_EQ(watcher.known(1)->shm_ctime, 1708474369);
}

TEST_F(SegmentWatcherTest, AnAttachAndADetachThatCancelOutShowInTheTimesAndTheLastUser) {
  SegmentStat attached_and_left = segment(1);
  attached_and_left.shm_atime = attached_and_left.shm_dtime = 1708474369;
  SegmentStat within_a_second = segment(1);
  within_a_second.shm_lpid = 5;
  for (const SegmentStat& now : {attached_and_left, within_a_second}) {
    SegmentWatcher fresh;
    fresh.compare({segment(1)});
    const auto told = fresh.compare({now});
    ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kAttached, EventKind::kDetached}));
    EXPECT_EQ(told[0].changed.shm_nattch, std::pair(std::uint64_t{0}, std::uint64_t{1}));
    EXPECT_EQ(told[1].changed.shm_nattch, std::pair(std::uint64_t{1}, std::uint64_t{0}));
    EXPECT_TRUE(fresh.compare({now}).empty());
  }
}

TEST_F(SegmentWatcherTest, OneThatLeftWhileAnotherCameIsToldToo) {
  SegmentStat one = segment(1);
  one.shm_nattch = 1;
  one.shm_dtime = 1708474369;
  const auto told = changes(segment(1), one);
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kAttached, EventKind::kDetached}));
  EXPECT_EQ(told[0].changed.shm_nattch, std::pair(std::uint64_t{0}, std::uint64_t{2}));
  EXPECT_EQ(told[1].changed.shm_nattch, std::pair(std::uint64_t{2}, std::uint64_t{1}));
}

TEST_F(SegmentWatcherTest, OurOwnTouchAndTracedCallsAreNoVisits) {
  SegmentStat after = segment(1);
  after.shm_atime = after.shm_dtime = 1708474369;
  watcher.compare({segment(1)});
  watcher.touched_by_us(1);
  EXPECT_TRUE(watcher.compare({after}).empty());
  watcher.ignore_visits();
  after.shm_lpid = 6;
  EXPECT_TRUE(watcher.compare({after}).empty());
}

TEST_F(SegmentWatcherTest, WhatIsLeftOutIsNotJudged) {
  watcher.compare({segment(1), segment(2, 6)});
  SegmentStat changed = segment(1);
  changed.shm_nattch = 1;
  EXPECT_TRUE(watcher.compare({changed, segment(3, 7)}, {1, 2, 3}).empty());
  EXPECT_EQ(kinds_of(watcher.compare({changed, segment(3, 7)})),
            (Kinds{EventKind::kRemoved, EventKind::kAttached, EventKind::kCreated}));
}

TEST_F(SegmentWatcherTest, IdsThatNobodySawAreMissed) {
  watcher.compare({});
  watcher.compare({segment(10)});
  EXPECT_FALSE(watcher.take_unseen());
  watcher.compare({segment(10), segment(14, 6)});
  const auto unseen = watcher.take_unseen();
  ASSERT_TRUE(unseen);
  EXPECT_EQ(unseen->from, 11);
  EXPECT_EQ(unseen->to, 13);
  EXPECT_EQ(unseen->at_least, 3U);
  EXPECT_FALSE(watcher.take_unseen());
}

TEST_F(SegmentWatcherTest, MoreAttachmentsAreAttachedAndFewerDetached) {
  SegmentStat two = segment(1);
  two.shm_nattch = 2;
  const auto attached = changes(segment(1), two);
  ASSERT_EQ(kinds_of(attached), Kinds{EventKind::kAttached});
  EXPECT_EQ(attached[0].changed.shm_nattch, std::pair(std::uint64_t{0}, std::uint64_t{2}));
  const auto detached = watcher.compare({segment(1)});
  ASSERT_EQ(kinds_of(detached), Kinds{EventKind::kDetached});
  EXPECT_EQ(detached[0].changed.shm_nattch, std::pair(std::uint64_t{2}, std::uint64_t{0}));
}

TEST_F(SegmentWatcherTest, SeveralDifferencesAreSetThenAttachedThenMarkedWithOneFinalState) {
  SegmentStat after = marked(segment(1));
  after.mode = Mode{0644};
  after.shm_nattch = 1;
  const auto told = changes(segment(1), after);
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kSet, EventKind::kAttached, EventKind::kMarked}));
  EXPECT_EQ(told[0].stat, told[1].stat);
  EXPECT_EQ(told[1].stat, told[2].stat);
  EXPECT_TRUE(told[0].stat.marked);
}

TEST_F(SegmentWatcherTest, AMarkedSegmentKeepsItsKeyUntilItIsGone) {
  const auto told = changes(segment(1), marked(segment(1)));
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kMarked});
  EXPECT_EQ(told[0].stat.shm_key, 5679U);
  EXPECT_TRUE(watcher.compare({marked(segment(1))}).empty());
  EXPECT_EQ(watcher.known(1)->shm_key, 5679U);
  EXPECT_FALSE(watcher.id_of(5679));
  const auto gone = watcher.compare({});
  ASSERT_EQ(kinds_of(gone), Kinds{EventKind::kRemoved});
  EXPECT_EQ(gone[0].stat.shm_key, 5679U);
}

TEST_F(SegmentWatcherTest, AnIdThatIsReusedIsRemovedThenCreated) {
  SegmentStat other_key = segment(1, 6);
  SegmentStat other_size = segment(1);
  other_size.shm_segsz = 200;
  SegmentStat other_creator = segment(1);
  other_creator.shm_cpid = 813;
  for (const SegmentStat& now : {other_key, other_size, other_creator}) {
    SegmentWatcher fresh;
    fresh.compare({segment(1)});
    const auto told = fresh.compare({now});
    ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kRemoved, EventKind::kCreated}));
    EXPECT_EQ(told[0].stat, segment(1));
    EXPECT_EQ(told[1].stat, now);
    EXPECT_EQ(*fresh.known(1), now);
  }
}

TEST_F(SegmentWatcherTest, AMarkedSegmentNeverComesBackSoItsIdWasReused) {
  EXPECT_EQ(kinds_of(changes(marked(segment(1)), segment(1))), (Kinds{EventKind::kRemoved, EventKind::kCreated}));
}

TEST_F(SegmentWatcherTest, AKeysOldSegmentGoesBeforeItsNewOneComes) {
  const auto told = changes(segment(1), segment(2));
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kRemoved, EventKind::kCreated}));
  EXPECT_EQ(told[0].stat.shm_shmid, 1);
  EXPECT_EQ(watcher.id_of(5679), 2);
}

TEST_F(SegmentWatcherTest, LookingAtOneSegmentLeavesTheOthersAlone) {
  watcher.compare({segment(1), segment(2, 6)});
  EXPECT_EQ(kinds_of(watcher.compare_one(3, segment(3, 7))), Kinds{EventKind::kCreated});
  EXPECT_EQ(kinds_of(watcher.compare_one(1, std::nullopt)), Kinds{EventKind::kRemoved});
  EXPECT_TRUE(watcher.compare_one(1, std::nullopt).empty());
  EXPECT_TRUE(watcher.compare({segment(2, 6), segment(3, 7)}).empty());
}

TEST_F(SegmentWatcherTest, ShmidZeroIsASegmentLikeAnyOther) {
  watcher.compare_one(0, segment(0));
  ASSERT_NE(watcher.known(0), nullptr);
  EXPECT_EQ(kinds_of(watcher.compare({})), Kinds{EventKind::kRemoved});
}

}  // namespace
}  // namespace shmbus::agent
