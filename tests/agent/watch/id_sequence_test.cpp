#include "agent/watch/id_sequence.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

constexpr ShmId kSlots = 100;
constexpr std::uint64_t kTurn = 64;  // of the slots, at the least

class AnIdSequence : public ::testing::Test {
 protected:
  // The ids were given since the last time, as far as anybody saw them.
  std::optional<UnseenIds> after(std::initializer_list<ShmId> ids) {
    for (const ShmId id : ids) {
      sequence.appeared(id);
    }
    return sequence.close();
  }

  IdSequence sequence{kSlots};
};

TEST_F(AnIdSequence, WithoutHolesHidesNothing) {
  EXPECT_FALSE(after({}));
  EXPECT_FALSE(after({5}));
  EXPECT_FALSE(after({6, 7}));
  EXPECT_FALSE(after({}));
}

TEST_F(AnIdSequence, TellsTheHolesBetweenTwoLooks) {
  after({});
  after({5});
  const auto unseen = after({8, 10});
  ASSERT_TRUE(unseen);
  EXPECT_EQ(unseen->from, 6);
  EXPECT_EQ(unseen->to, 9);
  EXPECT_EQ(unseen->at_least, 3U);
}

TEST_F(AnIdSequence, DoesNotJudgeWhatWasGivenBeforeItBegan) {
  after({2, 4});
  EXPECT_FALSE(after({9}));
  EXPECT_TRUE(after({11}));
}

TEST_F(AnIdSequence, PassesOverSlotsThatWereTaken) {
  after({6, 8});
  after({105});
  sequence.vanished(8);
  EXPECT_FALSE(after({107, 109}));
  EXPECT_EQ(after({205, 208})->at_least, (kTurn - 10) + 5U);  // 110 to 163, 200 to 204; slots 6 and 7 are taken
}

TEST_F(AnIdSequence, CountsATurnOfTheSlotsAsFarAsItGoesAtLeast) {
  after({});
  after({60});
  const auto unseen = after({103});
  ASSERT_TRUE(unseen);
  EXPECT_EQ(unseen->from, 61);
  EXPECT_EQ(unseen->to, 102);
  EXPECT_EQ(unseen->at_least, 3 + 3U);
  EXPECT_EQ(after({303})->at_least,
            (kTurn - 5) + (kTurn - 2) + 3U);  // 104 to 163 without 160, 200 to 263 without 203 and 260, 300 to 302
}

TEST_F(AnIdSequence, ConcludesNothingWhenTheNumbersBeginAnew) {
  after({});
  after({1000});
  EXPECT_FALSE(after({7}));
  EXPECT_TRUE(after({9}));
}

}  // namespace
}  // namespace shmbus::agent
