#include "protocol/client/security/agent_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "protocol/client/event_stream.hpp"
#include "protocol/codec/replies.hpp"
#include "tests/support/scripted_agent.hpp"
#include "tests/support/thread_user.hpp"

namespace shmbus {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kAddress = "ipc:///run/shmbus/commands.sock";
constexpr uid_t kStranger = 12345;

TEST(AgentCheck, AdmitsTheClientItselfRootAndOneMore) {
  AgentCheck check(kAddress, 998, 1000);
  for (const char* peer : {"localhost:1000:100:7", "localhost:0:0:7", "localhost:998:5:1", "localhost:998:5:1"}) {
    EXPECT_TRUE(check.admit(peer)) << peer;
  }
  EXPECT_FALSE(AgentCheck(kAddress, {}, 1000).admit("localhost:998:5:1"));
}

TEST(AgentCheck, TellsWhoAnswersInstead) {
  const Result<void> admitted = AgentCheck(kAddress, {}, 1000).admit("localhost:1234:0:7");
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(admitted.error().message,
            std::string("the agent at ") + kAddress + " runs as uid 1234, not as you or root");
  EXPECT_THAT(admitted.error().hint, HasSubstr("--agent-user 1234"));
  EXPECT_THAT(AgentCheck(kAddress, 998, 1000).admit("localhost:1234:0:7").error().message,
              HasSubstr("not as you or root or uid 998"));
}

TEST(AgentCheck, DoesNotKeepAnotherUserInForWhoWasAdmitted) {
  AgentCheck check(kAddress, {}, 1000);
  EXPECT_FALSE(check.admit(""));
  EXPECT_TRUE(check.admit("localhost:1000:100:7"));
  EXPECT_FALSE(check.admit("localhost:1001:100:7"));
  EXPECT_FALSE(check.admit("localhost:1001:100:7"));
  EXPECT_TRUE(check.admit("localhost:1000:100:7"));
}

TEST(AgentCheck, AdmitsNobodyWhomTheKernelDoesNotName) {
  AgentCheck check(kAddress, {}, 1000);
  for (const char* peer : {"", "localhost", "localhost:", "localhost:0", "localhost::0:7", "localhost:x:0:7",
                           "localhost:-1:0:7", "localhost:4294967296:0:7", "127.0.0.1", "0:0:7"}) {
    EXPECT_FALSE(check.admit(peer)) << peer;
  }
}

TEST(AgentCheck, LeavesOtherTransportsToKeys) {
  AgentCheck check("tcp://10.0.0.1:5555", {}, 1000);
  EXPECT_TRUE(check.admit("10.0.0.1"));
  EXPECT_TRUE(check.admit(""));
}

// An agent of another user, on sockets that everybody may open.
class AStrangersAgent : public testing::Test {
 protected:
  void SetUp() override {
    const ThreadUser stranger(kStranger);
    if (!stranger.is_changed()) {
      GTEST_SKIP() << "only root can run an agent as somebody else";
    }
    agent = std::make_unique<ScriptedAgent>([](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
      if (asked<ListRequest>(request) != nullptr) {
        return {reply_to(request, ListResult{}, kEpoch)};
      }
      return {reply_to(request, PingResult{}, kEpoch)};
    });
    agent->answer_sync_with(kEpoch, 0);
  }

  Client client(std::optional<std::uint32_t> agent_user = {}) {
    return *Client::open({.commands = agent->commands(), .timeout = kPatience, .agent_user = agent_user});
  }
  Result<std::unique_ptr<EventStream>> stream(Client& asking, std::optional<std::uint32_t> agent_user = {}) {
    return EventStream::open({.events = agent->events(), .connect_timeout = kPatience, .agent_user = agent_user},
                             asking);
  }

  std::unique_ptr<ScriptedAgent> agent;
};

TEST_F(AStrangersAgent, IsNotBelieved) {
  Client asking = client();
  for (int i = 0; i < 2; ++i) {
    const Result<PingResult> answer = asking.call(PingRequest{});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(answer.error().message,
                AllOf(HasSubstr(agent->commands().address), HasSubstr("uid 12345, not as you")));
  }
  EXPECT_EQ(asking.last_reply(), "");
}

TEST_F(AStrangersAgent, IsAskedForNoChange) {
  EXPECT_EQ(client().call(CreateRequest{.shm_key = 5679, .shm_segsz = 100}).error().code, ErrorCode::kPermissionDenied);
  for (const std::string& frame : agent->requests()) {
    EXPECT_NE(asked<PingRequest>(decode_request(frame)), nullptr) << "only its epoch";
  }
}

TEST_F(AStrangersAgent, TellsNoEvents) {
  Client asking = client(kStranger);
  const auto opened = stream(asking);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(opened.error().message, HasSubstr(agent->events().address));
}

TEST_F(AStrangersAgent, IsBelievedIfItIsNamed) {
  Client asking = client(kStranger);
  EXPECT_TRUE(asking.call(PingRequest{}));
  const auto opened = stream(asking, kStranger);
  EXPECT_TRUE(opened) << opened.error().message;
}

}  // namespace
}  // namespace shmbus
