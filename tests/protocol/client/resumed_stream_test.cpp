// A stream's position, and a stream that goes on from one.
#include <gmock/gmock.h>

#include "tests/protocol/client/event_stream_fixture.hpp"

namespace shmbus {

std::ostream& operator<<(std::ostream& out, const StreamPosition& position) {
  return out << position.epoch << "/" << position.seq;
}

namespace {

class StreamPositionTest : public EventStreamFixture {
 protected:
  static StreamPosition at(std::uint64_t seq, std::uint64_t epoch = kEpoch) { return {epoch, seq}; }
};
using ResumedStreamTest = StreamPositionTest;

TEST_F(StreamPositionTest, IsAfterTheLastItemGiven) {
  open();
  EXPECT_EQ(stream->position(), at(kSeq));
  happen(event(11));
  happen(event(12));
  happen_and_tell(event(13));
  for (const std::uint64_t seq : {11U, 12U, 13U}) {
    EXPECT_EQ(next(), "event " + std::to_string(seq));
    EXPECT_EQ(stream->position(), at(seq)) << "the others are known, but not given yet";
  }
  restart(kEpoch + 1, 2);
  notify(kStartedTopic, 0, kEpoch + 1);
  EXPECT_EQ(next(), "resync 5134/2");
  EXPECT_EQ(stream->position(), at(2, kEpoch + 1));
}

TEST_F(StreamPositionTest, OfOneKeyMovesWithTheHeartbeat) {
  open(kKey);
  happen(event(11, kOther));
  notify(kHeartbeatTopic, 11);
  happen_and_tell(event(12));
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(stream->position(), at(11)) << "whether there was a `missed` is known up to 11 only";
  notify(kHeartbeatTopic, 12);
  happen_and_tell(event(13, kKey, 12));
  EXPECT_EQ(next(), "event 13");
  EXPECT_EQ(stream->position(), at(12));
}

TEST_F(StreamPositionTest, OfOneKeyIsBeforeAMissedThatMayHaveBeenLost) {
  open(kKey);
  happen(missed(11));
  happen(event(12));
  happen_and_tell(event(13, kKey, 12));
  EXPECT_EQ(next(), "missed 11");
  EXPECT_EQ(stream->position(), at(11));
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(next(), "event 13");
  happen(missed(14));
  happen_and_tell(event(15, kKey, 13));
  EXPECT_EQ(next(), "event 15");
  EXPECT_EQ(stream->position(), at(12));
  be_at(15);
  resume(at(12), kKey);
  EXPECT_EQ(next(), "event 13");
  EXPECT_EQ(next(), "missed 14");
  EXPECT_EQ(next(), "event 15");
}

TEST_F(ResumedStreamTest, BeginsWithWhatFollowsItsPosition) {
  for (const std::uint64_t seq : {11U, 12U, 13U, 14U}) {
    happen(event(seq));
  }
  be_at(14);
  resume(at(11));
  EXPECT_FALSE(stream->snapshot()) << "that is what the caller knows from before";
  EXPECT_EQ(stream->position(), at(11));
  happen_and_tell(event(15));
  for (const char* expected : {"event 12", "event 13", "event 14", "event 15"}) {
    EXPECT_EQ(next(), expected);
  }
  EXPECT_EQ(stream->position(), at(15));
  EXPECT_EQ(stream->recovered(), 0U) << "nothing was lost on the way";
}

TEST_F(ResumedStreamTest, AtTheAgentsPositionAsksForNothing) {
  resume(at(kSeq));
  happen_and_tell(event(11));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(agent.requests().size(), 0U);
}

TEST_F(ResumedStreamTest, OfOneKeyBeginsWithTheKeysEvents) {
  happen(event(11));
  happen(event(12, kOther));
  happen(missed(13));
  happen(event(14, kKey, 11));
  be_at(14);
  resume(at(kSeq), kKey);
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "missed 13");
  EXPECT_EQ(next(), "event 14");
  EXPECT_EQ(stream->position(), at(14));
}

TEST_F(ResumedStreamTest, BeginsWithANewListIfWhatFollowsIsNoLongerKept) {
  add_segment(3);
  happen(event(20));
  forget_events();
  be_at(20);
  resume(at(15));
  const Result<StreamItem> item = stream->next(Clock::now() + kPatience);
  ASSERT_TRUE(item) << item.error().message;
  EXPECT_EQ(line_of(*item), "resync 5133/20");
  EXPECT_EQ(std::get<Resync>(*item).snapshot.segments.size(), 1U);
  EXPECT_EQ(stream->position(), at(20));
}

TEST_F(ResumedStreamTest, BeginsWithANewListInAnotherEpoch) {
  resume(at(4, kEpoch - 1));
  EXPECT_EQ(stream->position(), at(4, kEpoch - 1)) << "until the list is taken";
  EXPECT_EQ(next(), "resync 5133/10");
  EXPECT_TRUE(replays().empty());
  tell(event(5, kKey, 4, kEpoch - 1));
  happen_and_tell(event(11));
  EXPECT_EQ(next(), "event 11");
}

TEST_F(ResumedStreamTest, IsRefusedWhereTheAgentHasNotBeenYet) {
  const auto opened = try_to_open({}, client, at(kSeq + 1));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBadRequest);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("11"));
}

}  // namespace
}  // namespace shmbus
