// A client whose agent is replaced by another one: what it renews, what it must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/client/client.hpp"
#include "tests/support/scripted_agent.hpp"

namespace shmbus {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr CreateRequest kCreate{.shm_key = 5679, .shm_segsz = 100};

class ARestartedAgent : public testing::Test {
 protected:
  // Pings are answered in kEpoch; the nth creation as `creation` says.
  using Creation = std::function<std::vector<std::string>(const DecodedRequest& request, int nth)>;
  static ScriptedAgent::Handler handler(Creation creation) {
    return [creation = std::move(creation), nth = 0](const DecodedRequest& request, int) mutable {
      return asked<CreateRequest>(request) != nullptr
                 ? creation(request, ++nth)
                 : std::vector<std::string>{reply_to(request, PingResult{}, kEpoch)};
    };
  }

  static std::string epoch_changed(const DecodedRequest& request, std::uint64_t epoch) {
    return reply_to(request, Error{ErrorCode::kEpochChanged, "another life"}, epoch);
  }

  static Result<Reply> call(ScriptedAgent& agent, std::optional<std::uint64_t> epoch = {},
                            milliseconds timeout = milliseconds(30'000)) {
    Result<Client> client = Client::open({agent.commands(), timeout});
    return client ? client->call(Request{{}, epoch, {}, kCreate}) : client.error();
  }

  static std::vector<Request> creations(ScriptedAgent& agent) {
    std::vector<Request> found;
    for (const std::string& frame : agent.requests()) {
      const DecodedRequest decoded = decode_request(frame);
      if (asked<CreateRequest>(decoded) != nullptr) {
        found.push_back(std::get<Request>(decoded.request));
      }
    }
    return found;
  }
};

TEST_F(ARestartedAgent, IsAskedAgainInItsOwnEpochAndTheCallerDoesNotNotice) {
  ScriptedAgent agent(handler([](const DecodedRequest& request, int nth) -> std::vector<std::string> {
    return {nth == 1 ? epoch_changed(request, kEpoch + 1) : reply_to(request, CreateResult{}, kEpoch + 1)};
  }));
  const Result<Reply> reply = call(agent);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_TRUE(reply->ok());
  const std::vector<Request> tries = creations(agent);
  ASSERT_EQ(tries.size(), 2U);
  EXPECT_EQ(tries[0].epoch, kEpoch);
  EXPECT_EQ(tries[1].epoch, kEpoch + 1);
  EXPECT_EQ(tries[0].once, tries[1].once);
}

TEST_F(ARestartedAgent, IsAskedAgainOnlyOnce) {
  ScriptedAgent agent(handler([](const DecodedRequest& request, int nth) -> std::vector<std::string> {
    return {epoch_changed(request, kEpoch + static_cast<std::uint64_t>(nth))};
  }));
  const Result<Reply> reply = call(agent);
  ASSERT_TRUE(reply) << reply.error().message;
  ASSERT_FALSE(reply->ok());
  EXPECT_EQ(std::get<Error>(reply->outcome).code, ErrorCode::kEpochChanged);
  EXPECT_EQ(creations(agent).size(), 2U);
}

TEST_F(ARestartedAgent, IsNotAskedAgainWhereTheCallerInsistsOnAnEpoch) {
  ScriptedAgent agent(handler(
      [](const DecodedRequest& request, int) -> std::vector<std::string> { return {epoch_changed(request, kEpoch)}; }));
  const Result<Reply> reply = call(agent, kEpoch - 1);
  ASSERT_TRUE(reply) << reply.error().message;
  ASSERT_FALSE(reply->ok());
  EXPECT_EQ(std::get<Error>(reply->outcome).code, ErrorCode::kEpochChanged);
  EXPECT_EQ(agent.requests().size(), 1U) << "no ping either";
}

TEST_F(ARestartedAgent, LeavesTheOutcomeOfAnUnansweredTryUnknown) {
  ScriptedAgent agent(handler([](const DecodedRequest& request, int nth) {
    return nth == 1 ? std::vector<std::string>{} : std::vector<std::string>{epoch_changed(request, kEpoch + 1)};
  }));
  const Result<Reply> reply = call(agent, {}, milliseconds(1500));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kNoAnswer);
  EXPECT_THAT(reply.error().message, HasSubstr("outcome unknown"));
  EXPECT_THAT(reply.error().message, HasSubstr(agent.commands().address));
}

}  // namespace
}  // namespace shmbus
