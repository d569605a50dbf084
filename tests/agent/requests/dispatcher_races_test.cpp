// What others do at the worst moment, and what a request costs the others.
#include <new>

#include "tests/support/agent_fixture.hpp"

namespace shmbus::agent {
namespace {

using Kinds = std::vector<EventKind>;

using DispatcherRacesTest = AgentFixture;

TEST_F(DispatcherRacesTest, ASegmentThatIsRemovedBeforeItCouldBeLookedAtWasCreatedAllTheSame) {
  kernel.after_create([this](ShmId shmid) { ASSERT_TRUE(kernel.remove(shmid)); });
  const CreateResult result = done(CreateRequest{.shm_key = kKey, .shm_segsz = 100, .mode = Mode{0640}});
  EXPECT_TRUE(result.created);
  EXPECT_EQ(result.shm_segsz, 100U);
  EXPECT_EQ(result.mode, Mode{0640});
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kCreated, EventKind::kRemoved}));
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[0].stat->shm_segsz, 100U);
  EXPECT_EQ(told[1].source, EventSource::kKernel);
  EXPECT_EQ(told[1].shm_shmid, result.shm_shmid);
}

TEST_F(DispatcherRacesTest, AKeysFormerSegmentIsToldAsRemovedBeforeItsNewOneIsCreated) {
  const ShmId former = create();
  events();
  ASSERT_TRUE(kernel.remove(former));
  const ShmId young = kernel.create(kKey, 10, Mode{0600}, true)->shmid;
  SetRequest set;
  set.segment = by_id(young);
  set.mode = Mode{0640};
  done(set);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kRemoved, EventKind::kCreated, EventKind::kSet}));
  EXPECT_EQ(told[0].shm_shmid, former);
  EXPECT_EQ(told[1].shm_shmid, young);
}

TEST_F(DispatcherRacesTest, AStatByKeyNeverShowsTheKeysFormerSegment) {
  const ShmId former = create();
  done(StatRequest{by_key(kKey)});
  ASSERT_TRUE(kernel.remove(former));
  EXPECT_EQ(failure(StatRequest{by_key(kKey)}).code, ErrorCode::kNotFound);
  const ShmId young = kernel.create(kKey, 10, Mode{0600}, true)->shmid;
  EXPECT_EQ(done(StatRequest{by_key(kKey)}).stat.shm_shmid, young);
}

TEST_F(DispatcherRacesTest, ADetachIsToldAsTheOneWhoAskedForIt) {
  caller.pid = 1;
  const AttachResult held = done(AttachRequest{.segment = by_id(create())});
  events();
  caller.pid = 2;
  done(DetachRequest{.attachment = held.attachment, .segment = {}});
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kDetached});
  EXPECT_EQ(told[0].actor.pid, 2);
}

TEST_F(DispatcherRacesTest, NoMemoryForARequestIsItsReplyAndTheNextOneIsServed) {
  kernel.after_create([](ShmId) { throw std::bad_alloc(); });
  EXPECT_EQ(failure(CreateRequest{.shm_key = kKey, .shm_segsz = 100}).code, ErrorCode::kNoMemory);
  EXPECT_TRUE(request(PingRequest{}).ok());
}

TEST_F(DispatcherRacesTest, TheListsOfABatchLookAtTheKernelOnce) {
  create();
  const int before = kernel.lists();
  const BatchResult result = batch({item(ListRequest{}), item(CreateRequest{.shm_key = 8, .shm_segsz = 1}),
                                    item(ListRequest{}), item(ListRequest{})});
  EXPECT_EQ(kernel.lists(), before + 1);
  EXPECT_EQ(std::get<ListResult>(std::get<OperationResult>(result.replies.back().outcome)).segments.size(), 2U);
}

TEST_F(DispatcherRacesTest, AWriteToASegmentThatNobodyKnewYetIsToldAfterItsCreation) {
  const ShmId shmid = kernel.create(kKey, 10, Mode{0600}, true)->shmid;
  done(write_of(shmid, "x"));
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kCreated, EventKind::kWritten}));
  EXPECT_EQ(told[1].shm_key, kKey);
}

}  // namespace
}  // namespace shmbus::agent
