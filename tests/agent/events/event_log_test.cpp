#include "agent/events/event_log.hpp"

#include <gtest/gtest.h>

#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 20;

EventsRequest events_since(std::uint64_t since) {
  EventsRequest request;
  request.since = since;
  return request;
}

class EventLogTest : public ::testing::Test {
 protected:
  Event append(Key key, ShmId shmid = 1) { return append_to(journal, key, shmid); }

  static Event append_to(EventLog& to, Key key, ShmId shmid = 1) {
    Event event;
    event.shm_key = key;
    event.shm_shmid = shmid;
    to.append(event);
    return event;
  }

  // The numbers of the events that `request` gets.
  [[nodiscard]] std::vector<std::uint64_t> seqs(const EventsRequest& request) const {
    const Result<EventsResult> result = journal.replay(request, kPlenty);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    std::vector<std::uint64_t> numbers;
    for (const std::string& bytes : result ? result->events : std::vector<std::string>{}) {
      numbers.push_back(decode_event(bytes)->seq);
    }
    return numbers;
  }

  EventLog journal{"db1", 5133, kPlenty};
};

using Seqs = std::vector<std::uint64_t>;

TEST_F(EventLogTest, AnEventIsCompletedAndItsBytesSayTheSame) {
  Event event;
  event.shm_key = 5;
  const Result<Event> kept = decode_event(journal.append(event));
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(event.epoch, 5133U);
  EXPECT_EQ(event.seq, 1U);
  EXPECT_GT(event.time_ns, 0);
  EXPECT_EQ(kept->epoch, 5133U);
  EXPECT_EQ(kept->seq, 1U);
  EXPECT_EQ(kept->host, "db1");
  EXPECT_EQ(kept->time_ns, event.time_ns);
}

TEST_F(EventLogTest, SeqCountsAllEventsAndPrevThoseOfTheKey) {
  EXPECT_EQ(append(5).prev, 0U);
  EXPECT_EQ(append(6).prev, 0U);
  const Event third = append(5, 9);
  EXPECT_EQ(third.seq, 3U);
  EXPECT_EQ(third.prev, 1U);
  EXPECT_EQ(append(6).prev, 2U);
  EXPECT_EQ(journal.seq(), 4U);
}

TEST_F(EventLogTest, ReplayGivesWhatCameAfterSince) {
  append(5), append(6), append(5);
  EXPECT_EQ(seqs({}), (Seqs{1, 2, 3}));
  EXPECT_EQ(seqs(events_since(0)), (Seqs{1, 2, 3}));
  EXPECT_EQ(seqs(events_since(1)), (Seqs{2, 3}));
  EXPECT_EQ(seqs(events_since(3)), Seqs{});
}

TEST_F(EventLogTest, SinceAfterTheLastEventIsABadRequest) {
  EXPECT_EQ(journal.replay(events_since(1), kPlenty).error().code, ErrorCode::kBadRequest);
  append(5);
  EXPECT_EQ(journal.replay(events_since(2), kPlenty).error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(journal.replay(events_since(~std::uint64_t{0}), kPlenty).error().code, ErrorCode::kBadRequest);
}

TEST_F(EventLogTest, AnEmptyJournalReplaysNothing) {
  const Result<EventsResult> result = journal.replay(events_since(0), kPlenty);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->events.empty());
  EXPECT_EQ(result->first, 0U);
  EXPECT_EQ(result->last, 0U);
  EXPECT_FALSE(result->more);
}

TEST_F(EventLogTest, FiltersByKeyAndShmidAreCombinedByAnd) {
  append(5, 1), append(6, 2), append(5, 3), append(5, 1);
  EventsRequest request;
  request.shm_key = 5;
  EXPECT_EQ(seqs(request), (Seqs{1, 3, 4}));
  request.shm_shmid = 1;
  EXPECT_EQ(seqs(request), (Seqs{1, 4}));
  request.shm_key = 6;
  EXPECT_EQ(seqs(request), Seqs{});
  request.shm_key = {};
  request.since = 1;
  EXPECT_EQ(seqs(request), Seqs{4});
}

TEST_F(EventLogTest, APageEndsAtItsLimitAndSaysWhetherThereIsMoreOfTheFilter) {
  append(5), append(5), append(6);
  EventsRequest request;
  request.limit = 2;
  EXPECT_TRUE(journal.replay(request, kPlenty)->more);
  request.shm_key = 5;
  const Result<EventsResult> page = journal.replay(request, kPlenty);
  EXPECT_EQ(page->events.size(), 2U);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->first, 1U);
  EXPECT_EQ(page->last, 3U);
}

TEST_F(EventLogTest, APageEndsBeforeItExceedsTheBytes) {
  append(5), append(5);
  const std::size_t one = journal.replay(events_since(1), kPlenty)->events.front().size();
  const Result<EventsResult> page = journal.replay({}, one);
  EXPECT_EQ(page->events.size(), 1U);
  EXPECT_TRUE(page->more);
}

TEST_F(EventLogTest, WhatIsCompactedIsToldSoAndTheRestIsKept) {
  EventLog small("db1", 5133, 2000);
  for (int i = 0; i < 100; ++i) {
    append_to(small, 5);
  }
  const Result<EventsResult> kept = small.replay({}, kPlenty);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->last, 100U);
  ASSERT_GT(kept->first, 1U);
  EXPECT_EQ(kept->events.size(), 101 - kept->first);
  EXPECT_EQ(decode_event(kept->events.front())->seq, kept->first);
  EXPECT_TRUE(small.replay(events_since(kept->first - 1), kPlenty));
  const Result<EventsResult> gone = small.replay(events_since(kept->first - 2), kPlenty);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kCompacted);
  EXPECT_FALSE(gone.error().hint.empty());
}

TEST_F(EventLogTest, PrevIsZeroAgainOnceTheKeysLastEventIsCompacted) {
  EventLog small("db1", 5133, 2000);
  append_to(small, 6);
  for (int i = 0; i < 100; ++i) {
    append_to(small, 5);
  }
  EXPECT_EQ(append_to(small, 6).prev, 0U);
  EXPECT_EQ(append_to(small, 5).prev, 101U);
}

TEST_F(EventLogTest, TheLastEventIsKeptHoweverSmallTheRoom) {
  EventLog tiny("db1", 5133, 1);
  append_to(tiny, 5);
  append_to(tiny, 5);
  EXPECT_EQ(tiny.replay({}, kPlenty)->first, 2U);
}

}  // namespace
}  // namespace shmbus::agent
