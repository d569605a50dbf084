#include "protocol/client/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/support/scripted_agent.hpp"

namespace shmbus {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

constexpr CreateRequest kCreate{.shm_key = 5679, .shm_segsz = 100};

std::vector<std::string> succeed(const DecodedRequest& request, int /*nth*/) {
  if (asked<CreateRequest>(request) != nullptr) {
    return {reply_to(request, CreateResult{.shm_key = 5679, .shm_shmid = 3, .created = true}, kEpoch)};
  }
  return {reply_to(request, PingResult{}, kEpoch)};
}

std::vector<std::string> keep_silent(const DecodedRequest& /*request*/, int /*nth*/) { return {}; }

class ClientTest : public testing::Test {
 protected:
  Client open(milliseconds timeout = kPatience) {
    Result<Client> client = Client::open({agent.commands(), timeout, interrupt.fd()});
    if (!client) {
      throw std::runtime_error(client.error().message);
    }
    return *std::move(client);
  }

  static Request request_of(Operation operation) { return {{}, {}, {}, std::move(operation)}; }

  // The frames that came and ask for R, and what they say.
  template <class R>
  std::vector<std::string> frames() {
    std::vector<std::string> found = agent.requests();
    std::erase_if(found, [](const std::string& frame) { return asked<R>(decode_request(frame)) == nullptr; });
    return found;
  }
  template <class R>
  std::vector<Request> received() {
    std::vector<Request> found;
    for (const std::string& frame : frames<R>()) {
      found.push_back(std::get<Request>(decode_request(frame).request));
    }
    return found;
  }

  // Lets a ping be given up once the agent has it, and gives back its frame.
  std::string ask_in_vain(Client& client) {
    agent.answer_by([this](const DecodedRequest& /*request*/, int /*nth*/) -> std::vector<std::string> {
      interrupt.raise();
      return {};
    });
    EXPECT_EQ(client.call(PingRequest{}).error().code, ErrorCode::kInterrupted);
    interrupt.lower();
    return agent.requests().back();
  }

  EventFlag interrupt;
  ScriptedAgent agent{succeed};
};

// Assigned member by member, the context would be ended before its socket is closed, and that waits for ever.
static_assert(!std::is_move_assignable_v<Client>);

TEST_F(ClientTest, WhatItWasMovedToGoesOn) {
  Client first = open();
  ASSERT_TRUE(first.call(PingRequest{}));
  Client second = std::move(first);
  EXPECT_TRUE(second.call(kCreate));
  EXPECT_EQ(agent.requests().size(), 2U) << "the epoch is still known";
}

TEST_F(ClientTest, AChangingRequestCarriesOnceAndEpochAndAReadingOneNeither) {
  Client client = open();
  ASSERT_TRUE(client.call(kCreate));
  ASSERT_TRUE(client.call(kCreate));
  const std::vector<Request> pings = received<PingRequest>();
  const std::vector<Request> creations = received<CreateRequest>();
  ASSERT_EQ(pings.size(), 1U) << "one, to learn the epoch";
  ASSERT_EQ(creations.size(), 2U);
  EXPECT_FALSE(pings[0].once || pings[0].epoch);
  EXPECT_EQ(creations[0].epoch, kEpoch);
  EXPECT_EQ(creations[1].epoch, kEpoch);
  EXPECT_EQ(creations[0].once->size(), 36U);
  EXPECT_NE(creations[0].once, creations[1].once);
  EXPECT_NE(creations[0].id, creations[1].id);
}

TEST_F(ClientTest, WhatTheCallerSetsIsKept) {
  Request request = request_of(kCreate);
  request.id = "mine";
  request.once = "0123456789abcdef";
  request.epoch = 7;
  ASSERT_TRUE(open().call(request));
  const std::vector<std::string> all = agent.requests();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], encode_request(request));
}

TEST_F(ClientTest, AnUnansweredRequestIsSentAgainWithTheSameBytes) {
  agent.answer_by([ignored = false](const DecodedRequest& request, int nth) mutable {
    const bool ignore = asked<CreateRequest>(request) != nullptr && !std::exchange(ignored, true);
    return ignore ? std::vector<std::string>{} : succeed(request, nth);
  });
  Client client = open(milliseconds(1500));
  const Result<CreateResult> created = client.call(kCreate);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->shm_shmid, 3);
  const std::vector<std::string> tries = frames<CreateRequest>();
  EXPECT_THAT(tries, SizeIs(Ge(2U)));
  EXPECT_THAT(tries, Each(tries.front()));
}

// What the first try did nobody knows then.
TEST_F(ClientTest, ABusyAgentThatIsAskedAgainLeavesTheOutcomeUnknown) {
  constexpr milliseconds kShort{1500};
  const Error busy{ErrorCode::kBusy, "uid:0 asks more than 10 times a second"};
  agent.answer_by([busy](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
    if (asked<CreateRequest>(request) != nullptr) {
      return {reply_to(request, busy, kEpoch)};
    }
    return {reply_to(request, PingResult{}, kEpoch)};
  });
  EXPECT_EQ(open(kShort).call(kCreate).error().code, ErrorCode::kBusy) << "nothing was done";
  agent.answer_by([busy, tries = 0](const DecodedRequest& request, int nth) mutable -> std::vector<std::string> {
    if (asked<CreateRequest>(request) == nullptr) {
      return succeed(request, nth);
    }
    return ++tries == 1 ? std::vector<std::string>{} : std::vector<std::string>{reply_to(request, busy, kEpoch)};
  });
  const Result<CreateResult> created = open(kShort).call(kCreate);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kNoAnswer);
  EXPECT_THAT(created.error().message, AllOf(HasSubstr(busy.message), HasSubstr("unknown")));
  EXPECT_THAT(created.error().hint, HasSubstr("with once " + *received<CreateRequest>().back().once));
}

TEST_F(ClientTest, ARequestIsTriedThreeTimesAtMost) {
  agent.answer_by(keep_silent);
  Client client = open(milliseconds(600));
  EXPECT_EQ(client.call(PingRequest{}).error().code, ErrorCode::kNoAnswer);
  const std::vector<std::string> tries = agent.requests();
  EXPECT_THAT(tries, SizeIs(AllOf(Ge(2U), Le(3U))));
  EXPECT_THAT(tries, Each(tries.front()));
}

TEST_F(ClientTest, WhatMustNotActTwiceIsSentOnce) {
  agent.answer_by(keep_silent);
  Client client = open(milliseconds(600));
  const std::string frame = encode_request(request_of(kCreate));
  EXPECT_EQ(client.exchange(frame, {}, false).error().code, ErrorCode::kNoAnswer);
  EXPECT_EQ(agent.requests(), std::vector<std::string>{frame});
}

TEST_F(ClientTest, NoAnswerNamesTheEndpointAndTheTime) {
  const TemporaryDirectory empty;
  const std::string address = "ipc://" + empty.file("commands.sock");
  Result<Client> client = Client::open({{address, {"somewhere (no socket)"}}, milliseconds(30)});
  ASSERT_TRUE(client);
  const Result<PingResult> answer = client->call(PingRequest{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNoAnswer);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr(address), HasSubstr("somewhere"), HasSubstr("30 ms")));
  EXPECT_THAT(answer.error().hint, HasSubstr("SHMBUS_COMMANDS"));
}

TEST_F(ClientTest, ALateAnswerIsNotTakenForTheNextRequests) {
  Client client = open();
  const DecodedRequest first = decode_request(ask_in_vain(client));
  agent.answer_by([first](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
    return {reply_to(first, PingResult{}, kEpoch, 1), reply_to(request, PingResult{}, kEpoch, 2)};
  });
  const Result<Reply> reply = client.call(request_of(PingRequest{}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->seq, 2U);
}

TEST_F(ClientTest, ALateAnswerDoesNotMeetTheNextFrameEvenWithoutAnId) {
  Client client = open();
  const DecodedRequest first = decode_request(ask_in_vain(client));
  const int nth = static_cast<int>(agent.requests().size());
  agent.answer_by([](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
    return {reply_to(request, PingResult{}, kEpoch, 2)};
  });
  agent.send_to_sender_of(nth, {"", reply_to(first, PingResult{}, kEpoch, 1)});
  const Result<std::string> frame = client.exchange(encode_request(request_of(PingRequest{})), {}, true);
  ASSERT_TRUE(frame);
  EXPECT_EQ(decode_reply(*frame, PingRequest{})->seq, 2U);
}

TEST_F(ClientTest, WhatIsNoAnswerIsPassedOver) {
  Client client = open();
  ASSERT_TRUE(client.call(PingRequest{}));
  const std::string other = reply_to({"another id", {}}, PingResult{}, kEpoch, 1);
  for (const std::vector<std::string>& frames :
       std::vector<std::vector<std::string>>{{other}, {"", "a", "b"}, {"", "a", "b", "c", "d"}, {"x", other}}) {
    agent.send_to_sender_of(1, frames);
  }
  agent.answer_by([other](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
    return {"",
            "junk",
            "\x81",
            "\xc1",
            other,
            reply_to({}, PingResult{}, kEpoch, 1),
            reply_to(request, PingResult{}, kEpoch, 2)};
  });
  const Result<Reply> reply = client.call(request_of(PingRequest{}));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->seq, 2U);
}

TEST_F(ClientTest, AnIdIsTheSameNumberInEverySign) {
  Request request = request_of(PingRequest{});
  for (const RequestId& id : {RequestId(std::int64_t{-7}), RequestId(std::int64_t{7}), RequestId(std::uint64_t{7}),
                              RequestId(std::numeric_limits<std::uint64_t>::max())}) {
    request.id = id;
    EXPECT_TRUE(open().call(request));
  }
}

TEST_F(ClientTest, TheAgentsErrorIsTheTypedCallsError) {
  agent.answer_by([](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
    return {reply_to(request, Error{ErrorCode::kNotFound, "no such segment"}, kEpoch)};
  });
  Client client = open();
  const Result<StatResult> stat = client.call(StatRequest{{.shm_key = 5679, .shm_shmid = {}}});
  ASSERT_FALSE(stat);
  EXPECT_EQ(stat.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(stat.error().message, "no such segment");
  EXPECT_FALSE(decode_reply(client.last_reply(), StatRequest{})->ok());
}

TEST_F(ClientTest, AnInterruptEndsTheCallAndLeavesTheClientAsGoodAsNew) {
  Client client = open();
  interrupt.raise();
  EXPECT_EQ(client.call(kCreate).error().code, ErrorCode::kInterrupted);
  interrupt.lower();
  EXPECT_TRUE(client.call(kCreate));
}

TEST_F(ClientTest, WhatIsTooLargeIsNotEvenSent) {
  Client client = open();
  const std::string most(limits::kMaxMessageBytes, 'x');
  EXPECT_EQ(client.exchange(most + "x", {}, true).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(client.exchange(most, {}, true)) << "the agent says what is wrong with it";
  EXPECT_EQ(agent.requests(), std::vector<std::string>{most});
}

TEST_F(ClientTest, AnAddressThatZeromqDoesNotTakeIsABadRequest) {
  const Result<Client> client = Client::open({{"carrier-pigeon://home"}});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::kBadRequest);
  EXPECT_THAT(client.error().message, HasSubstr("carrier-pigeon://home"));
}

}  // namespace
}  // namespace shmbus
