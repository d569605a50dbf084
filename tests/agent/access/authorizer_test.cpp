#include "agent/access/authorizer.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/access/policy_file.hpp"
#include "tests/support/agent_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

constexpr std::uint32_t kBob = 1000;

// Root's segments, and bob as the caller.
class AuthorizerTest : public AgentFixture {
 protected:
  AuthorizerTest() {
    caller.identity = Identity{.uid = kBob, .gid = kBob, .groups = {}, .capabilities = 0};
    kernel.act_as(nullptr);
    shmid = kernel.create(kKey, 100, Mode{0600}, true)->shmid;
  }

  void use(const std::string& toml) {
    Result<Policy> policy = parse_policy(toml, "policy.toml");
    ASSERT_TRUE(policy.ok()) << policy.error().message;
    authorizer.use(*std::move(policy));
  }
  Error set_mode(std::uint16_t bits) { return failure(SetRequest{.segment = {kKey, {}}, .mode = Mode{bits}}); }

  void become_holder_of(const std::string& key_name) {
    caller = anonymous_caller();
    caller.principal = "key:" + key_name;
    caller.key_name = key_name;
  }

  ShmId shmid = 0;
};

TEST_F(AuthorizerTest, WithoutAPolicyTheKernelDecides) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "the segment is to be another's";
  }
  EXPECT_EQ(set_mode(0660).errno_value, EPERM);
  EXPECT_EQ(failure(StatRequest{{kKey, {}}}).errno_value, EACCES);
  EXPECT_EQ(done(CreateRequest{.shm_key = 7, .shm_segsz = 1}).created, true);
  EXPECT_EQ(kernel.stat_any(kernel.find(7).value())->cuid, kBob);
}

TEST_F(AuthorizerTest, ARuleGrantsTheAgentsRightsWithinItsBounds) {
  use(R"([[rule]]
who = ["uid:1000"]
operations = ["set"]
keys = ["5000-5999"]
as = "agent"
max_mode = 660)");
  EXPECT_EQ(done(SetRequest{.segment = {kKey, {}}, .mode = Mode{0660}}).after.mode, Mode{0660});
  EXPECT_EQ(done(SetRequest{.segment = {{}, shmid}, .mode = Mode{0600}}).after.mode, Mode{0600});
  const Error beyond = set_mode(0666);
  EXPECT_EQ(beyond.code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(beyond.errno_value, 0);
  EXPECT_NE(beyond.message.find("line 1 "), std::string::npos) << beyond.message;
  EXPECT_EQ(failure(SetRequest{.segment = {kKey, {}}, .uid = kBob}).code, ErrorCode::kPermissionDenied);
}

TEST_F(AuthorizerTest, ABatchIsDecidedOneByOne) {
  use("[[rule]]\nwho = [\"anyone\"]\noperations = [\"remove\"]\nas = \"deny\"\n");
  const BatchResult result = batch({item(PingRequest{}), item(RemoveRequest{.segment = {kKey, {}}})});
  EXPECT_TRUE(result.replies[0].ok());
  EXPECT_EQ(error_in(result.replies[1]).code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(kernel.find(kKey).ok());
}

TEST_F(AuthorizerTest, AKeyMayDoWhatARuleSaysAndNothingWithoutOne) {
  become_holder_of("ada");
  EXPECT_EQ(failure(PingRequest{}).code, ErrorCode::kPermissionDenied);
  use("[[rule]]\nwho = [\"key:ada\"]\noperations = [\"create\", \"ping\"]\nas = \"user:nobody\"\n");
  done(PingRequest{});
  done(CreateRequest{.shm_key = 8, .shm_segsz = 1});
  EXPECT_EQ(kernel.stat_any(kernel.find(8).value())->uid, 65534U);
  EXPECT_EQ(failure(RemoveRequest{.segment = {8, {}}}).code, ErrorCode::kPermissionDenied);
  become_holder_of("eve");
  EXPECT_EQ(failure(PingRequest{}).code, ErrorCode::kPermissionDenied);
}

TEST_F(AuthorizerTest, QuotasBoundWhatIsMadeAndStillThere) {
  use("[[quota]]\nwho = [\"uid:1000\"]\nsegments = 2\nbytes = 250\nattachments = 1\n");
  done(CreateRequest{.shm_key = 1, .shm_segsz = 100});
  const Error bytes = failure(CreateRequest{.shm_key = 2, .shm_segsz = 151});
  EXPECT_EQ(bytes.code, ErrorCode::kLimitReached);
  EXPECT_NE(bytes.message.find("100 of 250 bytes"), std::string::npos) << bytes.message;
  done(CreateRequest{.shm_key = 2, .shm_segsz = 150});
  EXPECT_NE(failure(CreateRequest{.shm_key = 3, .shm_segsz = 1}).message.find("2 of 2 segments"), std::string::npos);
  done(AttachRequest{.segment = {1, {}}});
  EXPECT_EQ(failure(AttachRequest{.segment = {2, {}}}).code, ErrorCode::kLimitReached);
  done(RemoveRequest{.segment = {2, {}}});
  done(CreateRequest{.shm_key = 3, .shm_segsz = 1});
}

class AuditedTest : public AuthorizerTest {
 protected:
  AuditedTest() : path(directory.file("audit.jsonl")) {
    Result<Audit> audit = Audit::open(path);
    if (!audit) {
      throw std::runtime_error(audit.error().message);
    }
    AuthorizerFiles files;
    files.audit = *std::move(audit);
    audited.emplace(std::move(files), attachments, known);
    dispatcher_with_audit.emplace(kernel, feed, attachments, publisher, *audited, facts, limits);
  }

  void ask(const Operation& operation) {
    handle(*dispatcher_with_audit, encode_request(request_of(operation)), "ipc:///run/x");
  }
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
  }

  const TemporaryDirectory directory;
  const std::string path;
  std::optional<Authorizer> audited;
  std::optional<Dispatcher> dispatcher_with_audit;
};

TEST_F(AuditedTest, AChangeIsThereWithBeforeAndAfter) {
  ask(CreateRequest{.shm_key = 7, .shm_segsz = 1, .mode = Mode{0600}});
  ask(SetRequest{.segment = {7, {}}, .mode = Mode{0640}});
  ask(StatRequest{.segment = {7, {}}});
  ask(RemoveRequest{.segment = {7, {}}});
  const auto all = lines();
  ASSERT_EQ(all.size(), 3U);  // who only looks leaves no line
  EXPECT_EQ(all[0]["operation"], "create");
  EXPECT_EQ(all[0]["principal"], "uid:1000");
  EXPECT_EQ(all[0]["endpoint"], "ipc:///run/x");
  EXPECT_FALSE(all[0].contains("before"));
  EXPECT_EQ(all[0]["after"]["mode"], 600);
  EXPECT_EQ(all[1]["before"]["mode"], 600);
  EXPECT_EQ(all[1]["after"]["mode"], 640);
  EXPECT_EQ(all[1]["segment"]["shm_key"], 7);
  EXPECT_EQ(all[1]["segment"]["shm_shmid"], all[0]["segment"]["shm_shmid"]);
  EXPECT_EQ(all[2]["before"]["mode"], 640);
  EXPECT_FALSE(all[2].contains("after"));
}

TEST_F(AuditedTest, ARefusalIsThereWithItsReason) {
  audited->use(parse_policy("[[rule]]\nwho = [\"anyone\"]\nas = \"deny\"\n", "policy.toml").value());
  ask(StatRequest{.segment = {kKey, {}}});
  const auto all = lines();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["decision"], "deny");
  EXPECT_EQ(all[0]["outcome"], "permission_denied");
  EXPECT_EQ(all[0]["rule"], "line 1 of the policy denies it");
}

TEST_F(AuditedTest, ABatchBeyondTheRateIsRefusedAsAWholeAndSaysWhose) {
  RateLimiter limit(10);
  rate = &limit;
  caller.principal = "key:ada";
  const BatchItem remove{.id = {}, .request = request_of(RemoveRequest{.segment = by_id(create(7))})};
  ask(BatchRequest{.requests = std::vector<BatchItem>(11, remove), .stop_on_error = false});  // costs 10 beside its own
  ask(BatchRequest{.requests = {remove, remove}, .stop_on_error = false});
  const auto all = lines();
  ASSERT_EQ(all.size(), 12U);
  EXPECT_EQ(all.back()["principal"], "key:ada");
  EXPECT_EQ(all.back()["outcome"], "busy");
  ask(BatchRequest{.requests = {remove}, .stop_on_error = false});  // one costs what authenticator has counted
  EXPECT_EQ(lines().back()["operation"], "remove");
}

}  // namespace
}  // namespace shmbus::agent
