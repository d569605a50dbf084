#include "agent/access/policy.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

using Kind = SubjectPattern::Kind;

const Subject kBob{.uid = 1001, .gids = {1001, 50}, .key_name = ""};
const Subject kBackupKey{.uid = {}, .gids = {}, .key_name = "backup"};
const Subject kAnonymousAsker{};

const SubjectPattern kAnyone{.kind = Kind::kAnyone};
const AccessRequest kPing{.operation = "ping"};
const AccessRequest kStat{.operation = "stat", .key = 5679, .owner = 999};

Decision decide(const Rule& rule, const Subject& subject, const AccessRequest& asked) {
  return Policy({rule}, {}).decide(subject, asked);
}

bool matches(const Rule& rule, const Subject& subject, const AccessRequest& asked) {
  return decide(rule, subject, asked).line == rule.line;
}

AccessRequest set_of(std::optional<Mode> mode, std::optional<std::uint32_t> uid = {},
                     std::optional<std::uint32_t> gid = {}) {
  return {.operation = "set", .key = 5679, .owner = 999, .mode = mode, .uid = uid, .gid = gid};
}

TEST(APolicyWithoutRules, LetsLocalCallersActAsThemselves) {
  const Decision decision = Policy().decide(kBob, kStat);
  EXPECT_EQ(decision.as, ActAs::kCaller);
  EXPECT_EQ(decision.line, 0);
  EXPECT_EQ(decision.identity, nullptr);
  EXPECT_EQ(decision.why, "");
}

TEST(APolicyWithoutRules, DeniesRemoteCallers) {
  for (const Subject& subject : {kBackupKey, kAnonymousAsker}) {
    const Decision decision = Policy().decide(subject, kPing);
    EXPECT_EQ(decision.as, ActAs::kDeny);
    EXPECT_EQ(decision.line, 0);
    EXPECT_EQ(decision.why, "no rule of the policy allows this to the remote caller");
  }
}

TEST(APolicy, GoesByTheFirstRuleThatMatches) {
  const Policy policy({{.line = 1, .who = {{.kind = Kind::kUid, .id = 7}}, .as = ActAs::kDeny},
                       {.line = 5, .who = {kAnyone}, .operations = {"stat"}, .as = ActAs::kAgent},
                       {.line = 9, .who = {kAnyone}, .as = ActAs::kDeny}},
                      {});
  EXPECT_EQ(policy.decide(kBob, kStat).line, 5);
  EXPECT_EQ(policy.decide(kBob, kStat).as, ActAs::kAgent);
  EXPECT_EQ(policy.decide(kBob, kPing).line, 9);
  EXPECT_EQ(policy.decide(kBob, kPing).why, "line 9 of the policy denies it");
}

TEST(APolicy, GivesTheIdentityThatTheRuleNames) {
  const Policy policy({{.line = 2, .who = {kAnyone}, .as = ActAs::kUser, .identity = {34, 34, {34, 4}}}}, {});
  const Decision decision = policy.decide(kBackupKey, kStat);
  EXPECT_EQ(decision.as, ActAs::kUser);
  ASSERT_NE(decision.identity, nullptr);
  EXPECT_EQ(*decision.identity, (Identity{34, 34, {34, 4}}));
}

TEST(APolicy, LetsNoRemoteCallerActAsItself) {
  const Rule rule{.line = 3, .who = {kAnyone}};
  EXPECT_EQ(decide(rule, kBob, kStat).as, ActAs::kCaller);
  EXPECT_EQ(decide(rule, kBackupKey, kStat).as, ActAs::kDeny);
  EXPECT_EQ(decide(rule, kBackupKey, kStat).why,
            "line 3 of the policy lets callers act as themselves; a remote caller has no rights of its own");
}

TEST(AWho, MatchesUsersAndGroupsOfLocalCallersAlone) {
  const SubjectPattern bob{.kind = Kind::kUid, .id = 1001};
  const SubjectPattern group{.kind = Kind::kGid, .id = 50};
  EXPECT_TRUE(bob.matches(kBob));
  EXPECT_TRUE(group.matches(kBob));
  EXPECT_FALSE((SubjectPattern{.kind = Kind::kUid, .id = 50}).matches(kBob));
  EXPECT_FALSE((SubjectPattern{.kind = Kind::kGid, .id = 51}).matches(kBob));
  EXPECT_FALSE(bob.matches(kAnonymousAsker));
  Subject with_key = kBob;
  with_key.key_name = "backup";
  EXPECT_FALSE(bob.matches(with_key));
  EXPECT_FALSE(group.matches(with_key));
}

TEST(AWho, MatchesAKeyByItsName) {
  const SubjectPattern backup{.kind = Kind::kKey, .key_name = "backup"};
  EXPECT_TRUE(backup.matches(kBackupKey));
  EXPECT_FALSE(backup.matches(Subject{.key_name = "backup2"}));
  EXPECT_FALSE((SubjectPattern{.kind = Kind::kKey}).matches(kAnonymousAsker));
}

TEST(AWho, TellsLocalFromRemote) {
  const SubjectPattern local{.kind = Kind::kLocal};
  const SubjectPattern remote{.kind = Kind::kRemote};
  EXPECT_TRUE(local.matches(kBob));
  EXPECT_FALSE(remote.matches(kBob));
  for (const Subject& subject : {kBackupKey, kAnonymousAsker}) {
    EXPECT_FALSE(local.matches(subject));
    EXPECT_TRUE(remote.matches(subject));
    EXPECT_TRUE(kAnyone.matches(subject));
  }
  EXPECT_TRUE(kAnyone.matches(kBob));
}

TEST(ARule, MatchesOneOfItsKeysEndsIncluded) {
  const Rule rule{.line = 1, .who = {kAnyone}, .keys = {{5000, 5999}, {7, 7}}};
  for (const Key key : {5000U, 5679U, 5999U, 7U}) {
    EXPECT_TRUE(matches(rule, kBob, {.operation = "stat", .key = key})) << key;
  }
  for (const Key key : {4999U, 6000U, 6U, 8U, kPrivateKey}) {
    EXPECT_FALSE(matches(rule, kBob, {.operation = "stat", .key = key})) << key;
  }
  EXPECT_FALSE(matches(rule, kBob, kPing));
}

TEST(ARule, MatchesPrivateSegmentsIfItNamesThem) {
  const Rule rule{.line = 1, .who = {kAnyone}, .keys = {{kPrivateKey, kPrivateKey}}};
  EXPECT_TRUE(matches(rule, kBob, {.operation = "create", .key = kPrivateKey}));
  EXPECT_FALSE(matches(rule, kBob, {.operation = "create", .key = 1}));
  EXPECT_FALSE(matches(rule, kBob, kPing));
}

TEST(ARule, MatchesOneOfItsOwnersIfThereIsOne) {
  const Rule rule{.line = 1, .who = {kAnyone}, .owners = {999, 0}};
  EXPECT_TRUE(matches(rule, kBob, kStat));
  EXPECT_FALSE(matches(rule, kBob, {.operation = "stat", .key = 5679, .owner = 1}));
  EXPECT_FALSE(matches(rule, kBob, {.operation = "create", .key = 5679}));
  EXPECT_FALSE(matches(rule, kBob, kPing));
}

TEST(ARule, WithoutKeysAndOwnersMatchesWithAndWithoutASegment) {
  const Rule rule{.line = 1, .who = {kAnyone}};
  EXPECT_TRUE(matches(rule, kBob, kStat));
  EXPECT_TRUE(matches(rule, kBob, kPing));
}

TEST(ABoundOnTheMode, DeniesEveryBitBeyondIt) {
  const Rule rule{.line = 12, .who = {kAnyone}, .as = ActAs::kAgent, .max_mode = Mode{0660}};
  for (const Mode mode : {Mode{0660}, Mode{0600}, Mode{0060}, Mode{0}}) {
    EXPECT_EQ(decide(rule, kBob, set_of(mode)).as, ActAs::kAgent) << mode_digits(mode);
  }
  for (const Mode mode : {Mode{0666}, Mode{0661}, Mode{0760}, Mode{0004}}) {
    EXPECT_EQ(decide(rule, kBob, set_of(mode)).as, ActAs::kDeny) << mode_digits(mode);
  }
  EXPECT_EQ(decide(rule, kBob, set_of({})).as, ActAs::kAgent);
  const Decision denied = decide(rule, kBob, set_of(Mode{0066}));
  EXPECT_EQ(denied.why, "line 12 of the policy limits the mode to max_mode 660; 066 exceeds it");
  EXPECT_EQ(denied.line, 12);
}

TEST(ABound, IsNoReasonToAskTheNextRule) {
  const Policy policy({{.line = 1, .who = {kAnyone}, .as = ActAs::kAgent, .max_mode = Mode{0660}},
                       {.line = 2, .who = {kAnyone}, .as = ActAs::kAgent}},
                      {});
  EXPECT_EQ(policy.decide(kBob, set_of(Mode{0666})).as, ActAs::kDeny);
}

TEST(ABoundOnOwners, IsClosedForTheAgentUnlessTheRuleListsThem) {
  Rule rule{.line = 4, .who = {kAnyone}, .as = ActAs::kAgent};
  const Decision denied = decide(rule, kBob, set_of({}, 1001));
  EXPECT_EQ(denied.as, ActAs::kDeny);
  EXPECT_EQ(denied.why,
            "line 4 of the policy does not allow giving a segment to uid 1001, which is not among its uids");
  EXPECT_EQ(decide(rule, kBob, set_of({}, {}, 50)).as, ActAs::kAgent);
  rule.uids = {999};
  EXPECT_EQ(decide(rule, kBob, set_of({}, 999)).as, ActAs::kAgent);
  EXPECT_EQ(decide(rule, kBob, set_of({}, 1001)).as, ActAs::kDeny);
}

TEST(ABoundOnOwners, IsOpenForOthersUnlessTheRuleListsThem) {
  Rule rule{.line = 4, .who = {kAnyone}};
  for (const ActAs as : {ActAs::kCaller, ActAs::kUser}) {
    rule.as = as;
    rule.uids = {};
    EXPECT_EQ(decide(rule, kBob, set_of({}, 1001)).as, as);
    rule.uids = {999};
    EXPECT_EQ(decide(rule, kBob, set_of({}, 999)).as, as);
    EXPECT_EQ(decide(rule, kBob, set_of({}, 1001)).as, ActAs::kDeny);
  }
}

TEST(ABoundOnGroups, HoldsWhereItIsGiven) {
  Rule rule{.line = 4, .who = {kAnyone}, .gids = {50}};
  for (const ActAs as : {ActAs::kCaller, ActAs::kUser, ActAs::kAgent}) {
    rule.as = as;
    EXPECT_EQ(decide(rule, kBob, set_of({}, {}, 50)).as, as);
    const Decision denied = decide(rule, kBob, set_of({}, {}, 51));
    EXPECT_EQ(denied.as, ActAs::kDeny);
    EXPECT_EQ(denied.why,
              "line 4 of the policy does not allow giving a segment to gid 51, which is not among its gids");
  }
}

TEST(AQuota, IsThatOfTheFirstRuleThatMatches) {
  const Policy policy({}, {{.who = {{.kind = Kind::kUid, .id = 0}}, .quota = {.line = 1}},
                           {.who = {{.kind = Kind::kRemote}}, .quota = {.line = 3, .segments = 5}},
                           {.who = {{.kind = Kind::kGid, .id = 50}}, .quota = {.line = 6, .bytes = 4096}}});
  EXPECT_EQ(policy.quota_of(kBob).line, 6);
  EXPECT_EQ(policy.quota_of(kBob).bytes, 4096U);
  EXPECT_FALSE(policy.quota_of(kBob).segments.has_value());
  EXPECT_EQ(policy.quota_of(kBackupKey).segments, 5U);
  EXPECT_EQ(policy.quota_of(Subject{.uid = 0}).line, 1);
  EXPECT_EQ(policy.quota_of(Subject{.uid = 2}).line, 0);
}

TEST(TheOperationsWithoutASegment, AreFour) {
  for (const std::string_view operation : {"list", "events", "info", "ping"}) {
    EXPECT_FALSE(concerns_segment(operation));
  }
  for (const std::string_view operation : {"create", "attach", "detach", "stat", "set", "remove", "read", "write"}) {
    EXPECT_TRUE(concerns_segment(operation));
  }
}

}  // namespace
}  // namespace shmbus::agent
