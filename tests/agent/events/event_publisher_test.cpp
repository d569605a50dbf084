#include "agent/events/event_publisher.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "protocol/codec/events.hpp"

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kEpoch = 5133;
constexpr std::string_view kSync = "sync/00112233445566778899aabbccddeeff";
constexpr std::string_view kOtherSync = "sync/ffeeddccbbaa99887766554433221100";

struct Message {
  std::string topic;
  std::string body;
};

// A publisher and two subscribers in one context, so that what is subscribed or sent has arrived with the next call.
class EventPublisherTest : public ::testing::Test {
 protected:
  EventPublisherTest() {
    EXPECT_TRUE(publisher.bind({.address = "inproc://events"}, {}).ok());
    one.connect("inproc://events");
    other.connect("inproc://events");
  }

  static void subscribe(zmq::socket_t& subscriber, std::string_view topics) {
    subscriber.set(zmq::sockopt::subscribe, topics);
  }

  // What `subscriber` got since the last call; two frames each.
  static std::vector<Message> messages(zmq::socket_t& subscriber) {
    std::vector<Message> got;
    zmq::message_t topic;
    zmq::message_t body;
    while (subscriber.recv(topic, zmq::recv_flags::dontwait) && subscriber.recv(body, zmq::recv_flags::dontwait)) {
      EXPECT_TRUE(topic.more() && !body.more());
      got.push_back({topic.to_string(), body.to_string()});
    }
    return got;
  }

  std::uint64_t publish(Key key, ShmId shmid = 3) {
    Event event;
    event.kind = EventKind::kWritten;
    event.shm_key = key;
    event.shm_shmid = shmid;
    publisher.publish(std::move(event));
    return journal.seq();
  }

  zmq::context_t context;
  Limits limits;
  EventLog journal{"db1", kEpoch, limits.replay_bytes};
  EventPublisher publisher{context, limits, journal};
  zmq::socket_t one{context, zmq::socket_type::sub};
  zmq::socket_t other{context, zmq::socket_type::sub};
};

TEST_F(EventPublisherTest, AnEventGoesOutOnItsTopicWithTheBytesThatAreKept) {
  subscribe(one, "");
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  publish(5679);
  const std::vector<Message> got = messages(one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].topic, "shm/5679/3/written");
  EXPECT_EQ(got[0].body, journal.replay({}, limits.replay_bytes)->events.at(0));
  EXPECT_EQ(decode_event(got[0].body)->seq, 1U);
  EXPECT_EQ(decode_event(got[0].body)->host, "db1");
}

TEST_F(EventPublisherTest, ASubscriberOfOneKeyGetsThatKeyAlone) {
  subscribe(one, topics_of_key(5679));
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  publish(56790);
  publish(5679);
  publish(7);
  const std::vector<Message> got = messages(one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(decode_event(got[0].body)->seq, 2U);
}

TEST_F(EventPublisherTest, ASyncTopicIsAnsweredOnItselfWithEpochAndSeqAlone) {
  publish(5679);
  subscribe(one, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  const std::vector<Message> got = messages(one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].topic, kSync);
  const Result<Notice> answer = decode_notice(got[0].body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->epoch, kEpoch);
  EXPECT_EQ(answer->seq, 1U);
  EXPECT_FALSE(answer->host || answer->time_ns);
  EXPECT_EQ(journal.seq(), 1U) << "an answer is no event";
}

TEST_F(EventPublisherTest, ASyncTopicIsAnsweredOnceForEachSubscription) {
  subscribe(one, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  EXPECT_EQ(messages(one).size(), 1U);
  subscribe(one, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  EXPECT_EQ(messages(one).size(), 1U) << "who repeats it is answered again";
  subscribe(other, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  EXPECT_EQ(messages(other).size(), 1U) << "as is who has drawn the same nonce";
  subscribe(other, kOtherSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  const std::vector<Message> got = messages(other);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].topic, kOtherSync);
}

TEST_F(EventPublisherTest, WhatWasSubscribedToBeforeASyncTopicIsLiveWithItsAnswer) {
  subscribe(one, kSegmentTopics);
  subscribe(one, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  publish(5679);
  const std::vector<Message> got = messages(one);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].topic, kSync);
  EXPECT_EQ(got[1].topic, "shm/5679/3/written");
}

TEST_F(EventPublisherTest, OtherSubscriptionsAreNotAnswered) {
  const std::string sync(kSync);
  for (const std::string& topic :
       std::vector<std::string>{"", "shm/", "agent/", "sync/", sync.substr(0, sync.size() - 1), sync + "0",
                                "sync/" + std::string(32, 'g'), "sink/" + sync.substr(5)}) {
    subscribe(one, topic);
    publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
    EXPECT_TRUE(messages(one).empty()) << topic;
  }
}

TEST_F(EventPublisherTest, AnUnsubscriptionIsNotAnswered) {
  subscribe(one, "");
  subscribe(other, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  messages(one);
  other.set(zmq::sockopt::unsubscribe, kSync);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  EXPECT_TRUE(messages(one).empty());
}

TEST_F(EventPublisherTest, ANoticeSaysWhereTheAgentIsAndTakesNoSeq) {
  subscribe(one, kAgentTopics);
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  publish(5679);
  const std::int64_t before = unix_time_ns();
  for (const std::string_view topic : {kStartedTopic, kHeartbeatTopic, kStoppingTopic}) {
    publisher.notify(topic);
    const std::vector<Message> got = messages(one);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].topic, topic);
    const Result<Notice> notice = decode_notice(got[0].body);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->epoch, kEpoch);
    EXPECT_EQ(notice->seq, 1U);
    EXPECT_EQ(notice->host, "db1");
    EXPECT_GE(notice->time_ns, before);
  }
  EXPECT_EQ(journal.seq(), 1U);
}

TEST_F(EventPublisherTest, ASubscriberThatDoesNotReadLosesMessagesAndHoldsUpNobody) {
  zmq::socket_t slow(context, zmq::socket_type::sub);
  slow.set(zmq::sockopt::rcvhwm, 1);
  slow.connect("inproc://events");
  subscribe(slow, "");
  publisher.answer_subscriptions(publisher.sockets().front(), Clock::now());
  constexpr std::size_t kPublished = 3 * kEventQueue;
  for (std::size_t i = 0; i < kPublished; ++i) {
    publisher.publish(Event{});
  }
  EXPECT_EQ(journal.seq(), kPublished);
  const std::size_t got = messages(slow).size();
  EXPECT_GE(got, std::size_t{kEventQueue});
  EXPECT_LT(got, kPublished);
}

}  // namespace
}  // namespace shmbus::agent
