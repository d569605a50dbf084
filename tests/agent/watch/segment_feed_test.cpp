#include "agent/watch/segment_feed.hpp"

#include "tests/support/agent_fixture.hpp"

namespace shmbus::agent {
namespace {

using Kinds = std::vector<EventKind>;

// Works on the feed alone: what the fixture's dispatcher would do is done to the kernel, behind the feed's back.
class SegmentFeedTest : public AgentFixture {
 protected:
  ShmId make(Key key = kKey, std::uint64_t size = 100) { return kernel.create(key, size, Mode{0600}, false)->shmid; }
  ShmId make_known(Key key = kKey) {
    const ShmId shmid = make(key);
    feed.look_at(shmid);
    events();
    return shmid;
  }
  void set_mode(ShmId shmid, std::uint16_t bits) {
    ASSERT_TRUE(kernel.set(shmid, {.uid = {}, .gid = {}, .mode = Mode{bits}}));
  }

  const Actor actor{.uid = 1000, .gid = 1000, .pid = 812, .comm = "ada", .principal = "uid:1000"};
};

TEST_F(SegmentFeedTest, TheBaselineIsKnownAndNoEvent) {
  const ShmId shmid = make();
  feed.take_baseline();
  feed.look_at_all();
  EXPECT_TRUE(events().empty());
  ASSERT_NE(feed.watcher().known(shmid), nullptr);
  EXPECT_EQ(feed.watcher().known(shmid)->shm_key, kKey);
}

TEST_F(SegmentFeedTest, WhatALookFindsIsTheKernelsAndHasNoActor) {
  const ShmId shmid = make();
  feed.look_at_all();
  ASSERT_TRUE(kernel.remove(shmid));
  feed.look_at_all();
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kCreated, EventKind::kRemoved}));
  for (const Event& event : told) {
    EXPECT_EQ(event.source, EventSource::kKernel);
    EXPECT_FALSE(event.actor.uid || event.actor.gid || event.actor.pid || event.actor.comm || event.actor.principal);
    EXPECT_EQ(event.shm_key, kKey);
    EXPECT_EQ(event.shm_shmid, shmid);
    EXPECT_EQ(event.stat->shm_segsz, 100U);
  }
}

TEST_F(SegmentFeedTest, WhatIsReportedIsTheCallersAndToldOnce) {
  const ShmId shmid = make();
  feed.report_created(kernel.stat_any(shmid).value(), actor);
  feed.look_at(shmid);
  feed.look_at_all();
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kCreated});
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[0].actor.principal, "uid:1000");
  EXPECT_EQ(told[0].actor.pid, 812);
  EXPECT_EQ(told[0].actor.comm, "ada");
}

TEST_F(SegmentFeedTest, OnlyWhatTheCallerDidIsTheCallers) {
  const ShmId shmid = make_known();
  set_mode(shmid, 0640);
  const auto attachment = kernel.attach(shmid, Access::kReadOnly);
  feed.report(shmid, {.attached = 1}, actor);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kAttached, EventKind::kSet}));
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[0].actor.principal, "uid:1000");
  EXPECT_EQ(told[0].stat->mode, Mode{0600}) << "not yet what another one did meanwhile";
  EXPECT_EQ(told[1].source, EventSource::kKernel);
  EXPECT_FALSE(told[1].actor.principal);
  EXPECT_EQ(told[1].changed.mode, std::pair(Mode{0600}, Mode{0640}));
}

TEST_F(SegmentFeedTest, WhoAttachesMeanwhileIsNotTheCaller) {
  const ShmId shmid = make_known();
  set_mode(shmid, 0640);
  const auto attachment = kernel.attach(shmid, Access::kReadOnly);
  feed.report(shmid, {.set = {.uid = {}, .gid = {}, .mode = Mode{0640}}}, actor);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kSet, EventKind::kAttached}));
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[0].changed.shm_nattch, std::nullopt);
  EXPECT_EQ(told[1].source, EventSource::kKernel);
  EXPECT_FALSE(told[1].actor.principal);
}

TEST_F(SegmentFeedTest, APageAfterAnotherNeedsNoLookForASecond) {
  const ShmId first = make(1);
  make(2);
  const auto lists_for = [this](std::optional<ShmId> after, Clock::time_point when) {
    const int before = kernel.lists();
    const bool looked = feed.look_for_list(after, when);
    EXPECT_EQ(looked, kernel.lists() > before);
    return kernel.lists() - before;
  };
  const auto second = std::chrono::seconds(1);
  EXPECT_EQ(lists_for(first, now), 1) << "no page came before";
  EXPECT_EQ(lists_for({}, now), 1) << "a first page";
  EXPECT_EQ(lists_for(first, now), 0);
  EXPECT_EQ(lists_for(first, now + second - std::chrono::milliseconds(1)), 0);
  EXPECT_EQ(lists_for(first, now + second), 1) << "too late";
  EXPECT_EQ(lists_for({}, now + second), 1) << "a first page";
  EXPECT_EQ(kinds_of(events()), (Kinds{EventKind::kCreated, EventKind::kCreated}));
}

TEST_F(SegmentFeedTest, LookingAtOneSegmentLeavesTheOthersForLater) {
  const ShmId first = make(1);
  const ShmId second = make(2);
  feed.look_at(second);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kCreated});
  EXPECT_EQ(told[0].shm_shmid, second);
  EXPECT_EQ(feed.watcher().known(first), nullptr);
}

TEST_F(SegmentFeedTest, LookingAtAKeyFindsWhatBecameOfTheSegmentThatHadIt) {
  const ShmId old = make_known();
  make_known(kKey + 1);
  ASSERT_TRUE(kernel.remove(old));
  ASSERT_TRUE(kernel.remove(kernel.find(kKey + 1).value()));
  make(kKey);
  feed.look_at_key(kKey);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kRemoved}) << "neither the other key nor who has this one now";
  EXPECT_EQ(told[0].shm_shmid, old);
  feed.look_at_key(99);
  EXPECT_TRUE(events().empty());
}

TEST_F(SegmentFeedTest, LookingAtAKeyTellsThatItsSegmentWasMarkedOnce) {
  const ShmId shmid = make_known();
  const auto attachment = kernel.attach(shmid, Access::kReadOnly);
  ASSERT_TRUE(kernel.remove(shmid));
  feed.look_at_key(kKey);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kAttached, EventKind::kMarked}));
  EXPECT_EQ(told[1].shm_key, kKey);
  feed.look_at_key(kKey);
  EXPECT_TRUE(events().empty()) << "it no longer has the key";
}

TEST_F(SegmentFeedTest, AMarkedSegmentKeepsItsKeyUntilItIsGone) {
  const ShmId shmid = make_known();
  auto attachment = kernel.attach(shmid, Access::kReadOnly);
  feed.look_at(shmid);
  events();
  ASSERT_TRUE(kernel.remove(shmid));
  feed.report(shmid, {.removed = true}, actor);
  ASSERT_EQ(kernel.stat_any(shmid)->shm_key, kPrivateKey);
  EXPECT_EQ(feed.with_original_key(kernel.stat_any(shmid).value()).shm_key, kKey);
  feed.report_written(shmid, 0, 1, actor);
  attachment->detach();
  feed.look_at_all();
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kMarked, EventKind::kWritten, EventKind::kRemoved}));
  for (const Event& event : told) {
    EXPECT_EQ(event.shm_key, kKey);
  }
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[2].source, EventSource::kKernel);
  EXPECT_EQ(told[2].stat->shm_key, kKey);
}

TEST_F(SegmentFeedTest, TheKeyIsNotGuessedWhereItIsUnknownOrStands) {
  SegmentStat unknown;
  unknown.shm_shmid = 77;
  unknown.marked = true;
  EXPECT_EQ(feed.with_original_key(unknown).shm_key, kPrivateKey);
  SegmentStat other = kernel.stat_any(make_known()).value();
  other.shm_key = kKey + 1;
  EXPECT_EQ(feed.with_original_key(other).shm_key, kKey + 1) << "not marked";
}

TEST_F(SegmentFeedTest, AWriteIsToldWithItsPlaceAndWithoutStatOrContents) {
  const ShmId shmid = make_known();
  feed.report_written(shmid, 10, 6, actor);
  feed.report_written(shmid, 10, 6, actor);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kWritten, EventKind::kWritten})) << "each write is one";
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[0].actor.principal, "uid:1000");
  EXPECT_EQ(told[0].shm_key, kKey);
  EXPECT_EQ(told[0].offset, 10U);
  EXPECT_EQ(told[0].length, 6U);
  EXPECT_FALSE(told[0].stat);
  EXPECT_FALSE(told[0].changed.mode || told[0].changed.shm_nattch);
}

TEST_F(SegmentFeedTest, WhatOthersUndidMeanwhileIsToldAllTheSame) {
  const ShmId shmid = make_known();
  feed.report(shmid, {.attached = 1}, actor);  // and another one let go of his
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kAttached, EventKind::kDetached}));
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[1].source, EventSource::kKernel);
}

TEST_F(SegmentFeedTest, IdsThatNobodySawAreToldAsMissedBeforeWhatComesAfterThem) {
  feed.take_baseline();
  make(1);
  feed.look_at_all();
  events();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(kernel.remove(make(2)));
  }
  const ShmId last = make(3);
  feed.look_at_all();
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kMissed, EventKind::kCreated}));
  EXPECT_EQ(told[0].at_least, 3U);
  EXPECT_EQ(told[0].shm_key, kPrivateKey);
  EXPECT_FALSE(told[0].stat);
  EXPECT_EQ(told[1].shm_shmid, last);
}

TEST_F(SegmentFeedTest, AWriteToASegmentThatIsUnknownIsToldUnderKeyZero) {
  feed.report_written(77, 0, 1, actor);
  const std::vector<Event> told = events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].shm_key, kPrivateKey);
  EXPECT_EQ(told[0].shm_shmid, 77);
}

}  // namespace
}  // namespace shmbus::agent
