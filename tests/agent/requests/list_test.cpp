#include "tests/support/agent_fixture.hpp"

namespace shmbus::agent {
namespace {

constexpr std::uint32_t kOwner = 1000;

class ListTest : public AgentFixture {
 protected:
  // Made by nobody on the bus, so that only a look finds it.
  ShmId make(Key key) { return kernel.create(key, 10, Mode{0600}, true)->shmid; }

  // The ids that a list holds, and whether more follow.
  using Page = std::pair<std::vector<ShmId>, bool>;
  Page page(const ListRequest& request) {
    const ListResult list = done(request);
    Page page{{}, list.more};
    for (const SegmentStat& stat : list.segments) {
      page.first.push_back(stat.shm_shmid);
    }
    return page;
  }
};

TEST_F(ListTest, IsInPagesByAscendingId) {
  std::vector<ShmId> made;
  for (Key key = 1; key <= 5; ++key) {
    made.push_back(make(key));
  }
  EXPECT_EQ(page({.limit = 2}), Page({made[0], made[1]}, true));
  EXPECT_EQ(page({.after = made[1], .limit = 2}), Page({made[2], made[3]}, true));
  EXPECT_EQ(page({.after = made[3], .limit = 2}), Page({made[4]}, false));
  EXPECT_EQ(page({.after = made[4], .limit = 2}), Page({}, false));
}

TEST_F(ListTest, SaysThatMoreFollowOnlyIfTheyMatch) {
  const ShmId first = make(kKey);
  const ShmId second = make(kKey + 1);
  EXPECT_EQ(page({.shm_key = kKey, .limit = 1}), Page({first}, false));
  EXPECT_EQ(page({.shm_key = kKey, .after = first, .limit = 1}), Page({}, false));
  EXPECT_EQ(page({.shm_key = kKey + 1, .limit = 1}), Page({second}, false));
  ASSERT_TRUE(kernel.set(first, {.uid = kOwner, .gid = {}, .mode = {}}));
  EXPECT_EQ(page({.uid = kOwner, .limit = 1}), Page({first}, false));
}

TEST_F(ListTest, APageShowsWhatTheBusDidSinceTheFirst) {
  const ShmId first = create(1);
  const ShmId second = create(2);
  EXPECT_EQ(page({.limit = 1}), Page({first}, true));
  done(RemoveRequest{.segment = by_id(second)});
  const ShmId third = create(3);
  EXPECT_EQ(page({.after = first}), Page({third}, false));
}

TEST_F(ListTest, AFirstPageInABatchLooksThoughALaterOneBeforeItDidNot) {
  const ShmId first = make(1);
  EXPECT_EQ(page({}), Page({first}, false));
  const ShmId second = make(2);
  const BatchResult result = batch({item(ListRequest{.after = first}), item(ListRequest{})});
  const auto list_in = [&](std::size_t nth) {
    return std::get<ListResult>(std::get<OperationResult>(result.replies.at(nth).outcome)).segments;
  };
  EXPECT_TRUE(list_in(0).empty());
  ASSERT_EQ(list_in(1).size(), 2U);
  EXPECT_EQ(list_in(1)[1].shm_shmid, second);
}

TEST_F(ListTest, ALaterPageAskedForFirstLooksAtTheKernelToo) {
  const ShmId first = make(1);
  const ShmId second = make(2);
  EXPECT_EQ(page({.after = first}), Page({second}, false));
}

}  // namespace
}  // namespace shmbus::agent
