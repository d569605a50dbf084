#include "protocol/client/event_stream.hpp"

#include <gmock/gmock.h>

#include "tests/protocol/client/event_stream_fixture.hpp"

namespace shmbus {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

using EventStreamTest = EventStreamFixture;

TEST_F(EventStreamTest, ItStartsFromTheList) {
  add_segment(3);
  open();
  const std::optional<Snapshot>& snapshot = stream->snapshot();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->epoch, kEpoch);
  EXPECT_EQ(snapshot->seq, kSeq);
  ASSERT_EQ(snapshot->segments.size(), 1U);
  EXPECT_EQ(snapshot->segments[0].shm_shmid, 3);
}

TEST_F(EventStreamTest, EventsInOrderPassAsTheyAre) {
  open();
  happen_and_tell(event(11));
  happen_and_tell(event(12));
  const Result<StreamItem> first = stream->next(Clock::now() + kPatience);
  ASSERT_TRUE(first) << first.error().message;
  const StreamEvent& told = std::get<StreamEvent>(*first);
  EXPECT_EQ(told.event.seq, 11U);
  EXPECT_EQ(told.event.shm_key, kKey);
  EXPECT_EQ(told.body, encode_event(event(11)));
  EXPECT_EQ(next(), "event 12");
  EXPECT_TRUE(replays().empty());
}

TEST_F(EventStreamTest, WhatIsKnownAlreadyIsNotToldAgain) {
  open();
  for (const std::uint64_t seq : {9U, 10U, 11U, 11U, 9U, 12U}) {
    tell(event(seq));
  }
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "event 12");
  EXPECT_TRUE(replays().empty());
}

TEST_F(EventStreamTest, AGapIsFilledPageByPageAndOnlyCounted) {
  open();
  happen_and_tell(event(11));
  for (const std::uint64_t seq : {12U, 13U, 14U}) {
    happen(event(seq));
  }
  happen_and_tell(event(15));
  happen_and_tell(event(16));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(stream->recovered(), 0U);
  for (const char* expected : {"event 12", "event 13", "event 14", "event 15", "event 16"}) {
    EXPECT_EQ(next(), expected);
  }
  EXPECT_EQ(stream->recovered(), 3U) << "15 and 16 came by themselves";
  happen_and_tell(event(17));
  EXPECT_EQ(next(), "event 17");
  const std::vector<Request> asked_for = replays();
  ASSERT_EQ(asked_for.size(), 2U);
  EXPECT_EQ(asked_for[0].epoch, kEpoch);
  EXPECT_EQ(std::get<EventsRequest>(asked_for[0].operation).since, 11U);
  EXPECT_EQ(std::get<EventsRequest>(asked_for[0].operation).limit, 3U) << "no more than is missing";
  EXPECT_EQ(std::get<EventsRequest>(asked_for[1].operation).since, 13U);
}

TEST_F(EventStreamTest, AHeartbeatThatIsAheadFillsTheGapAfterTheLastEvent) {
  open();
  notify(kHeartbeatTopic, kSeq);
  happen(event(11));
  notify(kHeartbeatTopic, 11);
  happen_and_tell(event(12));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(replays().size(), 1U);
  EXPECT_EQ(stream->recovered(), 1U);
}

TEST_F(EventStreamTest, ASyncAnswerThatNobodyAskedForShowsWhatARenewedConnectionMissed) {
  open();
  happen(event(11));
  agent.publish(agent.sync_topics().at(0), encode_notice({.epoch = kEpoch, .seq = 11, .host = {}, .time_ns = {}}));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(stream->recovered(), 1U);
}

TEST_F(EventStreamTest, WhatIsCompactedLeadsToANewList) {
  open();
  add_segment(4);
  happen(event(20));
  forget_events();
  tell(event(20));
  const Result<StreamItem> item = stream->next(Clock::now() + kPatience);
  ASSERT_TRUE(item) << item.error().message;
  ASSERT_EQ(line_of(*item), "resync 5133/20");
  EXPECT_EQ(std::get<Resync>(*item).snapshot.segments.size(), 1U);
  EXPECT_FALSE(std::get<Resync>(*item).reason.empty());
  tell(event(20));
  tell(event(21));
  EXPECT_EQ(next(), "event 21");
}

TEST_F(EventStreamTest, AnEventOfANewEpochLeadsToANewList) {
  open();
  restart(kEpoch + 1, 2);
  tell(event(2, kKey, 0, kEpoch + 1));
  tell(event(11));  // of the agent that is gone, late
  notify(kHeartbeatTopic, 11);
  tell(event(3, kKey, 2, kEpoch + 1));
  EXPECT_EQ(next(), "resync 5134/2");
  EXPECT_EQ(next(), "event 3");
  EXPECT_TRUE(replays().empty());
}

TEST_F(EventStreamTest, ANoticeOfANewEpochLeadsToANewList) {
  open();
  notify(kStoppingTopic, 11);  // who has stopped is not asked for what is missing
  restart(kEpoch + 1, 0);
  notify(kStartedTopic, 0, kEpoch + 1);
  EXPECT_EQ(next(), "resync 5134/0");
  EXPECT_TRUE(replays().empty());
}

TEST_F(EventStreamTest, ARestartThatTheReplayShowsLeadsToANewList) {
  open();
  restart(kEpoch + 1, 0);
  tell(event(15));
  EXPECT_EQ(next(), "resync 5134/0");
}

TEST_F(EventStreamTest, WithoutAnEventItEndsAtTheDeadline) {
  open();
  EXPECT_EQ(stream->next(Clock::now()).error().code, ErrorCode::kTimedOut);
  happen_and_tell(event(11));
  EXPECT_EQ(next(), "event 11");
}

TEST_F(EventStreamTest, AnInterruptEndsTheWaitAndNothingIsLost) {
  open();
  interrupt.raise();
  EXPECT_EQ(stream->next({}).error().code, ErrorCode::kInterrupted);
  interrupt.lower();
  happen_and_tell(event(11));
  EXPECT_EQ(next(), "event 11");
}

TEST_F(EventStreamTest, AnInterruptEndsTheOpening) {
  interrupt.raise();
  const auto opened = EventStream::open(
      {.events = {"ipc:///tmp/nobody"}, .connect_timeout = kPatience, .interrupt_fd = interrupt.fd()}, client);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInterrupted);
}

TEST_F(EventStreamTest, WhereNobodyPublishesItSaysSoAndNamesTheEndpoint) {
  const TemporaryDirectory empty;
  const std::string address = "ipc://" + empty.file("events.sock");
  const auto opened = EventStream::open({.events = {address}, .connect_timeout = milliseconds(20)}, client);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNoAnswer);
  EXPECT_THAT(opened.error().message, HasSubstr(address));
  EXPECT_THAT(opened.error().hint, HasSubstr("SHMBUS_EVENTS"));
}

}  // namespace
}  // namespace shmbus
