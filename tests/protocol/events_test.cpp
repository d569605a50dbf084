#include "protocol/codec/events.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/bytes.hpp"

namespace shmbus {
namespace {

Event event_of(EventKind kind) {
  Event event;
  event.kind = kind;
  return event;
}

Event full_event() {
  Event event = event_of(EventKind::kSet);
  event.epoch = 7;
  event.seq = 9;
  event.prev = 8;
  event.time_ns = -1;
  event.host = "db1";
  event.shm_key = 4294967295;
  event.shm_shmid = 3;
  event.source = EventSource::kBus;
  event.stat = SegmentStat{.shm_key = 4294967295, .shm_shmid = 3, .uid = 1, .mode = Mode{0432}, .locked = true};
  event.changed.uid = {0, 1};
  event.changed.mode = {Mode{0022}, Mode{0432}};
  event.changed.locked = {false, true};
  event.actor.uid = 1000;
  event.actor.comm = "writer";
  event.actor.principal = "uid:1000";
  return event;
}

TEST(AnEvent, SurvivesARoundTrip) {
  const Event event = full_event();
  const auto decoded = decode_event(encode_event(event));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->kind, event.kind);
  EXPECT_EQ(decoded->source, event.source);
  EXPECT_EQ(decoded->time_ns, -1);
  EXPECT_EQ(decoded->host, "db1");
  EXPECT_EQ(decoded->stat, event.stat);
  EXPECT_EQ(decoded->changed.mode, event.changed.mode);
  EXPECT_FALSE(decoded->changed.shm_nattch);
  EXPECT_EQ(decoded->actor.comm, "writer");
  EXPECT_FALSE(decoded->actor.gid);
  EXPECT_EQ(encode_event(*decoded), encode_event(event));
}

TEST(AnEvent, HasActorAndChangedEvenWhenTheyAreEmpty) {
  const std::string body = encode_event({});
  EXPECT_NE(body.find("\xa7"
                      "changed\x80"),
            std::string::npos);
  EXPECT_NE(body.find("\xa5"
                      "actor\x80"),
            std::string::npos);
  EXPECT_EQ(body.find("stat"), std::string::npos);
  EXPECT_EQ(body.find("offset"), std::string::npos);
  EXPECT_TRUE(decode_event(body).ok());
}

TEST(AnEvent, OfAWriteOrOfMissedChangesSaysWhichOnes) {
  Event written = event_of(EventKind::kWritten);
  written.offset = 1;
  written.length = 2;
  EXPECT_EQ(decode_event(encode_event(written))->length, 2U);
  Event missed = event_of(EventKind::kMissed);
  missed.from = 1;
  missed.to = 4;
  missed.at_least = 3;
  EXPECT_EQ(decode_event(encode_event(missed))->to, 4);
}

TEST(AnEvent, IsRefusedWhenItIsCutShortOrHasAWrongType) {
  const std::string body = encode_event(full_event());
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(decode_event(body.substr(0, size)).ok());
  }
  EXPECT_FALSE(decode_event(body + "x").ok());
  EXPECT_FALSE(decode_event(bytes::map({{"event", bytes::num(1)}})).ok());
  EXPECT_FALSE(decode_event(bytes::num(1)).ok());
}

TEST(ANotice, SurvivesARoundTripAndMayHaveNewFields) {
  const auto decoded = decode_notice(encode_notice({.epoch = 1, .seq = 2, .host = "db1", .time_ns = 3}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->host, "db1");
  EXPECT_EQ(decoded->time_ns, 3);
  const auto sync =
      decode_notice(bytes::map({{"epoch", bytes::num(1)}, {"new", bytes::nil()}, {"seq", bytes::num(2)}}));
  ASSERT_TRUE(sync.ok());
  EXPECT_EQ(sync->seq, 2U);
  EXPECT_FALSE(sync->host);
  EXPECT_FALSE(decode_notice(bytes::map({{"epoch", bytes::str("1")}, {"seq", bytes::num(2)}})).ok());
}

TEST(ATopic, NamesKeySegmentAndEvent) {
  EXPECT_EQ(topic_of(full_event()), "shm/4294967295/3/set");
  EXPECT_EQ(topics_of_key(5679), "shm/5679/");
  EXPECT_EQ(topic_of(event_of(EventKind::kMissed)), kMissedTopic);
  EXPECT_TRUE(is_sync_topic("sync/0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(is_sync_topic("sync/0123"));
  EXPECT_FALSE(is_sync_topic("sync/0123456789abcdef0123456789abcdeg"));
}

}  // namespace
}  // namespace shmbus
