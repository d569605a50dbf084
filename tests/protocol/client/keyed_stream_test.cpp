// The events of one key, whose gaps show by `prev`; and lists that take several pages or requests.
#include "tests/protocol/client/event_stream_fixture.hpp"

namespace shmbus {
namespace {

using KeyedStreamTest = EventStreamFixture;
using SnapshotTest = EventStreamFixture;

TEST_F(KeyedStreamTest, OtherKeysEventsAreNoGap) {
  open(kKey);
  happen_and_tell(event(11));
  happen_and_tell(event(12, kOther));
  happen_and_tell(event(13, kKey, 11));
  happen_and_tell(event(14, 56790));  // its topic begins with the same digits
  happen_and_tell(event(15, kKey, 13));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "event 13");
  EXPECT_EQ(next(), "event 15");
  EXPECT_TRUE(replays().empty());
}

TEST_F(KeyedStreamTest, AGapShowsByPrevAndIsFilledWithTheKeysEvents) {
  open(kKey);
  happen(event(11, kOther));
  happen(event(12));
  happen_and_tell(event(13, kKey, 12));
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(next(), "event 13");
  EXPECT_EQ(stream->recovered(), 1U);
  EXPECT_EQ(std::get<EventsRequest>(replays().at(0).operation).shm_key, kKey);
}

TEST_F(KeyedStreamTest, AHeartbeatThatIsAheadBecauseOfOthersFindsNothing) {
  open(kKey);
  happen_and_tell(event(11, kOther));
  notify(kHeartbeatTopic, 11);
  happen_and_tell(event(12));
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(replays().size(), 2U) << "the key's, and what the agent missed";
  EXPECT_EQ(stream->recovered(), 0U) << "12 was on its way when the agent was asked";
}

TEST_F(KeyedStreamTest, TheFirstEventOfAKeyCostsNoNewList) {
  open(kKey);
  happen(event(11, kOther));
  happen_and_tell(event(12));
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(std::get<EventsRequest>(replays().at(0).operation).since, kSeq)
      << "prev 0 does not say that it is the first";
  EXPECT_EQ(stream->recovered(), 0U);
}

TEST_F(KeyedStreamTest, AnEventWhosePredecessorIsNoLongerKeptIsNotTheFirst) {
  open(kKey);
  happen(event(11));
  forget_events();
  happen(event(5000, kOther));
  happen_and_tell(event(5001));
  EXPECT_EQ(next(), "resync 5133/5001");
}

TEST_F(KeyedStreamTest, WhatTheAgentMissedIsToldToEveryKeyOnce) {
  open(kKey);
  happen_and_tell(missed(11));
  tell(missed(11));
  happen_and_tell(event(12));
  EXPECT_EQ(next(), "missed 11");
  EXPECT_EQ(next(), "event 12");
}

TEST_F(KeyedStreamTest, ALostMissedIsFoundInItsPlace) {
  open(kKey);
  happen(event(11));
  happen(missed(12));
  happen(event(13, kPrivateKey));
  happen_and_tell(event(14, kKey, 11));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "missed 12");
  EXPECT_EQ(next(), "event 14");
  EXPECT_EQ(stream->recovered(), 2U);
}

TEST_F(KeyedStreamTest, AMissedThatWasLostBeforeAnEventInOrderIsFoundByTheHeartbeat) {
  open(kKey);
  happen_and_tell(event(11));
  happen(missed(12));
  happen_and_tell(event(13, kKey, 11));
  notify(kHeartbeatTopic, 13);
  happen_and_tell(event(14, kKey, 13));
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "event 13");
  EXPECT_EQ(next(), "missed 12");
  EXPECT_EQ(next(), "event 14");
}

TEST_F(KeyedStreamTest, AMissedThatWasLostBeforeAnotherIsFound) {
  open(kKey);
  happen(missed(11));
  happen(event(12));
  Event second = missed(13);
  second.prev = 11;
  happen_and_tell(second);
  EXPECT_EQ(next(), "missed 11");
  EXPECT_EQ(next(), "event 12");
  EXPECT_EQ(next(), "missed 13");
  EXPECT_EQ(stream->recovered(), 2U);
}

TEST_F(SnapshotTest, AListOfSeveralPagesIsAsOfTheFirst) {
  agent.answer_by([](const DecodedRequest& request, int /*nth*/) {
    const ListRequest* const list = asked<ListRequest>(request);
    const bool first = list->after != 3;
    ListResult page{.segments = {{.shm_key = kKey, .shm_shmid = first ? 3 : 4}}, .more = first};
    return std::vector<std::string>{reply_to(request, page, kEpoch, first ? kSeq : 11)};
  });
  open(kKey);
  EXPECT_EQ(stream->snapshot()->segments.size(), 2U);
  EXPECT_EQ(stream->snapshot()->seq, kSeq);
  tell(event(11));
  EXPECT_EQ(next(), "event 11") << "it happened between the pages";
}

TEST_F(SnapshotTest, AListThatTwoAgentsAnsweredIsTakenAnew) {
  agent.answer_by([](const DecodedRequest& request, int nth) {
    const ListResult page{.segments = {{.shm_key = kKey, .shm_shmid = 3}}, .more = nth == 1};
    return std::vector<std::string>{reply_to(request, page, nth == 1 ? kEpoch : kEpoch + 1, kSeq)};
  });
  open();
  EXPECT_EQ(stream->snapshot()->epoch, kEpoch + 1);
  EXPECT_EQ(stream->snapshot()->segments.size(), 1U);
  const std::vector<std::string> lists = agent.requests();
  ASSERT_EQ(lists.size(), 3U);
  EXPECT_FALSE(asked<ListRequest>(decode_request(lists[2]))->after);
}

TEST_F(SnapshotTest, TheAgentsErrorIsTheOpenings) {
  agent.answer_by([](const DecodedRequest& request, int /*nth*/) {
    return std::vector<std::string>{reply_to(request, Error{ErrorCode::kBusy, "not now"}, kEpoch)};
  });
  const auto opened = try_to_open({}, client);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBusy);
}

TEST_F(SnapshotTest, AReplayThatNobodyAnsweredIsAskedForAgainAtTheNextMessage) {
  Client impatient = *Client::open({agent.commands(), std::chrono::milliseconds(600)});
  agent.answer_by([this, ignored = std::optional<RequestId>()](const DecodedRequest& request, int nth) mutable {
    if (asked<EventsRequest>(request) != nullptr && !ignored) {
      ignored = request.id;
    }
    return request.id == ignored ? std::vector<std::string>{} : answer(request, nth);
  });
  open({}, impatient);
  happen(event(11));
  happen_and_tell(event(12));
  notify(kHeartbeatTopic, 12);
  EXPECT_EQ(next(), "event 11");
  EXPECT_EQ(next(), "event 12");
  stream.reset();  // before its client
}

}  // namespace
}  // namespace shmbus
