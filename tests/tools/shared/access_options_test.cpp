#include "tools/shared/access_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "tests/support/temporary_directory.hpp"
#include "tools/send/keygen.hpp"
#include "tools/send/options.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {
namespace {

using testing::HasSubstr;

class AccessOptionsTest : public testing::Test {
 protected:
  AccessOptionsTest() { forget_environment(); }
  ~AccessOptionsTest() override { forget_environment(); }

  static void forget_environment() {
    for (const char* variable : {"SHMBUS_CURVE_KEY", "SHMBUS_CURVE_SERVER", "SHMBUS_AGENT_USER"}) {
      ::unsetenv(variable);
    }
  }
  static std::string refusal(const AccessOptions& options) {
    const Result<Access> access = resolve_access(options);
    EXPECT_TRUE(access.ok() || access.error().code == ErrorCode::kBadRequest);
    return access.ok() ? "" : access.error().message;
  }
  static std::variant<SendOptions, int> parse_send(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "shmbus-send");
    return parse_send_options(static_cast<int>(arguments.size()), arguments.data());
  }
  static std::variant<WatchOptions, int> parse_watch(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "shmbus-watch");
    return parse_watch_options(static_cast<int>(arguments.size()), arguments.data());
  }

  const TemporaryDirectory directory;
  const KeyFiles ada = *make_key_files("ada", directory.path());
  const KeyFiles agent = *make_key_files("agent", directory.path());
};

TEST_F(AccessOptionsTest, AreNoneUnlessGiven) {
  const Result<Access> access = resolve_access({});
  ASSERT_TRUE(access);
  EXPECT_FALSE(access->curve || access->agent_user);
}

TEST_F(AccessOptionsTest, ReadTheKeys) {
  for (const std::string& server : {agent.public_path, agent.public_key}) {
    const Result<Access> access = resolve_access({.curve_key = ada.secret_path, .curve_server = server});
    ASSERT_TRUE(access) << access.error().message;
    EXPECT_EQ(access->curve->own.public_key, ada.public_key);
    EXPECT_EQ(access->curve->server_key, agent.public_key);
  }
}

TEST_F(AccessOptionsTest, AreTakenFromTheEnvironmentWhereTheyAreMissing) {
  ::setenv("SHMBUS_CURVE_KEY", ada.secret_path.c_str(), 1);
  ::setenv("SHMBUS_CURVE_SERVER", agent.public_key.c_str(), 1);
  ::setenv("SHMBUS_AGENT_USER", "12345", 1);
  EXPECT_EQ(resolve_access({})->curve->own.public_key, ada.public_key);
  EXPECT_EQ(resolve_access({})->agent_user, 12345U);
  const Result<Access> access = resolve_access({.curve_key = agent.secret_path, .agent_user = "7"});
  EXPECT_EQ(access->curve->own.public_key, agent.public_key);
  EXPECT_EQ(access->agent_user, 7U);
  ::setenv("SHMBUS_CURVE_KEY", "", 1);
  EXPECT_THAT(refusal({}), HasSubstr("--curve-server without --curve-key"));
}

TEST_F(AccessOptionsTest, HaveKeysForBothEndsOrForNone) {
  EXPECT_THAT(refusal({.curve_key = ada.secret_path}), HasSubstr("--curve-key without --curve-server"));
  EXPECT_THAT(refusal({.curve_server = agent.public_key}), HasSubstr("--curve-server without --curve-key"));
}

TEST_F(AccessOptionsTest, SayWhatIsWrongWithTheFiles) {
  EXPECT_THAT(refusal({.curve_key = directory.file("none"), .curve_server = agent.public_key}), HasSubstr("/none"));
  EXPECT_THAT(refusal({.curve_key = ada.secret_path, .curve_server = "none"}), HasSubstr("cannot read none"));
  EXPECT_THAT(refusal({.curve_key = ada.public_path, .curve_server = agent.public_key}), HasSubstr(ada.public_path));
  ::chmod(ada.secret_path.c_str(), 0640);
  EXPECT_THAT(refusal({.curve_key = ada.secret_path, .curve_server = agent.public_key}),
              HasSubstr("other users can access it"));
}

TEST_F(AccessOptionsTest, NameAUserOrAUid) {
  EXPECT_EQ(resolve_access({.agent_user = "root"})->agent_user, 0U);
  EXPECT_EQ(resolve_access({.agent_user = "4294967294"})->agent_user, 4294967294U);
  for (const char* wrong : {"no such user", "-1", "4294967295", "7x"}) {
    EXPECT_THAT(refusal({.agent_user = wrong}), HasSubstr("unknown user")) << wrong;
  }
}

TEST_F(AccessOptionsTest, BelongToBothTools) {
  const char* const key = ada.secret_path.c_str();
  const char* const server = agent.public_key.c_str();
  const auto sent = parse_send({"ping", "--curve-key", key, "--curve-server", server, "--agent-user", "7"});
  ASSERT_TRUE(std::holds_alternative<SendOptions>(sent));
  EXPECT_EQ(std::get<SendOptions>(sent).access.curve->server_key, agent.public_key);
  EXPECT_EQ(std::get<SendOptions>(sent).access.agent_user, 7U);
  const auto watched = parse_watch({"--curve-key", key, "--curve-server", server, "--agent-user", "7"});
  ASSERT_TRUE(std::holds_alternative<WatchOptions>(watched));
  EXPECT_EQ(std::get<WatchOptions>(watched).access.curve->own.public_key, ada.public_key);
  EXPECT_EQ(std::get<WatchOptions>(watched).access.agent_user, 7U);
  for (const std::vector<const char*>& wrong :
       {std::vector<const char*>{"--curve-key", key}, {"--curve-server", server}, {"--agent-user", "no such user"}}) {
    std::vector<const char*> with_command = wrong;
    with_command.push_back("ping");
    EXPECT_EQ(std::get<int>(parse_send(with_command)), 2);
    EXPECT_EQ(std::get<int>(parse_watch(wrong)), 2);
  }
}

TEST_F(AccessOptionsTest, AreOfNoUseToKeygen) {
  ::setenv("SHMBUS_CURVE_KEY", directory.file("bob.secret").c_str(), 1);  // which it is about to make
  const auto parsed = parse_send({"keygen", "bob", "--dir", "/keys"});
  ASSERT_TRUE(std::holds_alternative<SendOptions>(parsed));
  const auto& options = std::get<SendOptions>(parsed);
  EXPECT_EQ(options.command, kKeygenCommand);
  EXPECT_EQ(options.input, "bob");
  EXPECT_EQ(options.directory, "/keys");
  EXPECT_EQ(std::get<int>(parse_send({"keygen"})), 2);
  EXPECT_EQ(std::get<SendOptions>(parse_send({"keygen", "bob"})).directory, ".");
}

}  // namespace
}  // namespace shmbus
