#include "agent/events/event_ring.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

namespace shmbus::agent {
namespace {

// Keeps `bytes` as the event after the last, and returns how many were dropped for it.
std::size_t keep(EventRing& ring, std::uint64_t seq, const std::string& bytes) {
  std::size_t dropped = 0;
  ring.reserve(bytes.size());
  bytes.copy(ring.keep(seq, 7, 3, bytes.size(), [&](std::uint64_t /*seq*/, Key /*key*/) { ++dropped; }), bytes.size());
  EXPECT_EQ(ring.bytes(ring.at(seq)), bytes);
  return dropped;
}

TEST(AnEventRing, IsEmptyAtFirst) { EXPECT_TRUE(EventRing(100).empty()); }

TEST(AnEventRing, TellsWhichEventsItDropsForANewOne) {
  EventRing ring(100);
  keep(ring, 1, std::string(40, 'a'));
  keep(ring, 2, std::string(40, 'b'));
  std::vector<std::uint64_t> dropped;
  ring.reserve(60);
  ring.keep(3, 8, 4, 60, [&](std::uint64_t seq, Key key) {
    EXPECT_EQ(key, 7U);
    dropped.push_back(seq);
  });
  EXPECT_EQ(dropped, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(ring.first(), 3U);
  EXPECT_EQ(ring.at(3).key, 8U);
  EXPECT_EQ(ring.at(3).shmid, 4);
}

TEST(AnEventRing, AlwaysKeepsTheLastEventHoweverLarge) {
  EventRing ring(0);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    const std::string bytes(100 * seq, 'x');
    keep(ring, seq, bytes);
    EXPECT_EQ(ring.first(), seq);
    EXPECT_EQ(ring.bytes(ring.at(seq)), bytes);
  }
}

TEST(AnEventRing, KeepsTheLastOnesUnchangedAndWastesLittle) {
  constexpr std::size_t kMostBytes = 20'000;
  constexpr std::size_t kMostEventBytes = 300;
  std::mt19937 random(5679);
  std::uniform_int_distribution<std::size_t> sizes(1, kMostEventBytes);
  EventRing ring(kMostBytes);
  std::deque<std::string> expected;
  std::size_t bytes_kept = 0;
  for (std::uint64_t seq = 1; seq <= 20'000; ++seq) {
    expected.emplace_back(sizes(random), static_cast<char>(seq));
    bytes_kept += expected.back().size();
    for (std::size_t dropped = keep(ring, seq, expected.back()); dropped > 0; --dropped) {
      bytes_kept -= expected.front().size();
      expected.pop_front();
      ASSERT_GT(bytes_kept, kMostBytes - 3 * kMostEventBytes);  // one that goes, one that comes, the rest at the end
    }
    ASSERT_LE(bytes_kept, kMostBytes);
    ASSERT_EQ(ring.first(), seq + 1 - expected.size());
    if (seq % 100 == 0) {
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(ring.bytes(ring.at(ring.first() + i)), expected[i]);
      }
    }
  }
}

}  // namespace
}  // namespace shmbus::agent
