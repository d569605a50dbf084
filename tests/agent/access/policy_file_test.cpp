#include "agent/access/policy_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Rule rule_of(const std::string& keys) {
  const Result<Policy> policy = parse_policy("[[rule]]\nwho = [\"anyone\"]\n" + keys, "policy");
  EXPECT_TRUE(policy.ok()) << keys << ": " << policy.error().message;
  return policy.ok() ? policy->rules().at(0) : Rule{};
}

Quota quota_of(const std::string& keys) {
  const Result<Policy> policy = parse_policy("[[quota]]\nwho = [\"anyone\"]\n" + keys, "policy");
  EXPECT_TRUE(policy.ok()) << keys << ": " << policy.error().message;
  return policy.ok() ? policy->quota_of({}) : Quota{};
}

std::string refusal_of(const std::string& toml) {
  const Result<Policy> policy = parse_policy(toml, "policy");
  EXPECT_FALSE(policy.ok()) << toml;
  if (policy.ok()) {
    return "";
  }
  EXPECT_EQ(policy.error().code, ErrorCode::kBadRequest);
  return policy.error().message;
}

// What is refused in the third line of a rule for anyone.
std::string rule_refusal(const std::string& line) { return refusal_of("[[rule]]\nwho = [\"anyone\"]\n" + line); }
std::string quota_refusal(const std::string& line) { return refusal_of("[[quota]]\nwho = [\"anyone\"]\n" + line); }

TEST(APolicyFile, MayBeEmpty) {
  const Result<Policy> policy = parse_policy("# nothing yet\n", "policy");
  ASSERT_TRUE(policy.ok());
  EXPECT_TRUE(policy->rules().empty());
}

TEST(APolicyFile, KeepsRulesInOrderWithTheirLines) {
  const Result<Policy> policy = parse_policy(
      "# first\n[[rule]]\nwho = [\"local\"]\n\n[[quota]]\nwho = [\"local\"]\n[[rule]]\nwho = [\"anyone\"]\nas = "
      "\"deny\"",
      "policy");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  ASSERT_EQ(policy->rules().size(), 2U);
  EXPECT_EQ(policy->rules()[0].line, 2);
  EXPECT_EQ(policy->rules()[1].line, 7);
  EXPECT_EQ(policy->quota_of(Subject{.uid = 1}).line, 5);
}

TEST(APolicyFile, SaysWho) {
  const Result<Policy> policy = parse_policy(
      R"(rule = [{who = ["user:backup", "uid:7", "group:adm", "gid:9", "key:a.b-c_d", "local", "remote", "anyone"]}])",
      "policy");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  const std::vector<SubjectPattern>& who = policy->rules().at(0).who;
  using Kind = SubjectPattern::Kind;
  ASSERT_EQ(who.size(), 8U);
  const Kind kinds[] = {Kind::kUid, Kind::kUid,   Kind::kGid,    Kind::kGid,
                        Kind::kKey, Kind::kLocal, Kind::kRemote, Kind::kAnyone};
  const std::uint32_t ids[] = {34, 7, 4, 9, 0, 0, 0, 0};  // Debian gives backup and adm these numbers everywhere
  for (std::size_t i = 0; i < who.size(); ++i) {
    EXPECT_EQ(who[i].kind, kinds[i]) << i;
    EXPECT_EQ(who[i].id, ids[i]) << i;
  }
  EXPECT_EQ(who[4].key_name, "a.b-c_d");
}

TEST(APolicyFile, HasDefaults) {
  const Rule rule = rule_of("");
  EXPECT_EQ(rule.as, ActAs::kCaller);
  EXPECT_TRUE(rule.operations.empty());
  EXPECT_TRUE(rule.keys.empty());
  EXPECT_TRUE(rule.owners.empty());
  EXPECT_FALSE(rule.max_mode.has_value());
  EXPECT_TRUE(rule.uids.empty());
  EXPECT_TRUE(rule.gids.empty());
}

TEST(APolicyFile, SaysOperationsKeysAndOwners) {
  const Rule rule = rule_of(
      "operations = [\"set\", \"stat\"]\n"
      "keys = [5679, 0x10, -1, \"5000-5999\", \"0x1000-0x1fff\", \"7\", \"private\"]\n"
      "owners = [\"user:backup\", \"uid:4294967294\"]\n");
  EXPECT_EQ(rule.operations, (std::vector<std::string_view>{"set", "stat"}));
  EXPECT_EQ(rule.keys,
            (std::vector<KeyRange>{
                {5679, 5679}, {16, 16}, {0xffffffff, 0xffffffff}, {5000, 5999}, {0x1000, 0x1fff}, {7, 7}, {0, 0}}));
  EXPECT_EQ(rule.owners, (std::vector<std::uint32_t>{34, 4294967294}));
}

TEST(APolicyFile, SaysAsWhom) {
  EXPECT_EQ(rule_of("as = \"caller\"").as, ActAs::kCaller);
  EXPECT_EQ(rule_of("as = \"agent\"").as, ActAs::kAgent);
  EXPECT_EQ(rule_of("as = \"deny\"").as, ActAs::kDeny);
  const Rule rule = rule_of("as = \"user:backup\"");
  EXPECT_EQ(rule.as, ActAs::kUser);
  EXPECT_EQ(rule.identity.uid, 34U);
  EXPECT_EQ(rule.identity.gid, 34U);
  EXPECT_NE(std::find(rule.identity.groups.begin(), rule.identity.groups.end(), 34U), rule.identity.groups.end());
}

TEST(APolicyFile, SaysBounds) {
  const Rule rule = rule_of("max_mode = 660\nuids = [\"uid:999\"]\ngids = [\"group:adm\", \"gid:50\"]\n");
  EXPECT_EQ(rule.max_mode, Mode{0660});
  EXPECT_EQ(rule.uids, (std::vector<std::uint32_t>{999}));
  EXPECT_EQ(rule.gids, (std::vector<std::uint32_t>{4, 50}));
  EXPECT_EQ(rule_of("max_mode = \"0664\"").max_mode, Mode{0664});
}

TEST(APolicyFile, SaysQuotas) {
  const Quota quota = quota_of("segments = 0\nbytes = \"1G\"\nattachments = 64");
  EXPECT_EQ(quota.segments, 0U);
  EXPECT_EQ(quota.bytes, kGiB);
  EXPECT_EQ(quota.attachments, 64U);
  EXPECT_EQ(quota_of("bytes = 1000").bytes, 1000U);
  EXPECT_EQ(quota_of("bytes = \"1000\"").bytes, 1000U);
  EXPECT_EQ(quota_of("bytes = \"64K\"").bytes, 65536U);
  EXPECT_EQ(quota_of("bytes = \"3M\"").bytes, 3U << 20U);
  EXPECT_EQ(quota_of("bytes = \"17179869183G\"").bytes, std::uint64_t{17179869183} << 30);
  EXPECT_FALSE(quota_of("").bytes.has_value());
}

TEST(AFaultyPolicyFile, IsNoToml) {
  EXPECT_EQ(refusal_of("[[rule]]\nwho = [\"anyone\"\nas = 1").substr(0, 12), "policy:3:1: ");
  EXPECT_EQ(rule_refusal("max_mode = 0660").substr(0, 12), "policy:3:16:");
  EXPECT_EQ(rule_refusal("as = \"deny\"\nas = \"agent\"").substr(0, 12), "policy:4:6: ");
  EXPECT_EQ(refusal_of("[[rule]]\n# \xff").substr(0, 11), "policy:2:2:");
}

TEST(AFaultyPolicyFile, HasUnknownTablesAndKeys) {
  EXPECT_EQ(refusal_of("\n  [[rules]]\n"), "policy:2:5: unknown key \"rules\"");
  EXPECT_EQ(rule_refusal("  max_mod = 660"), "policy:3:3: unknown key \"max_mod\"");
  EXPECT_EQ(quota_refusal("byte = 1"), "policy:3:1: unknown key \"byte\"");
  EXPECT_EQ(parse_policy("[[quota]]\nmode = 1", "policy").error().hint,
            "known keys: who, segments, bytes, attachments");
}

TEST(AFaultyPolicyFile, HasOneTableWhereManyAreExpected) {
  EXPECT_EQ(refusal_of("[rule]\nwho = [\"anyone\"]"), "policy:1:1: expected tables");
  EXPECT_EQ(refusal_of("rule = []"), "policy:1:8: expected tables");
  EXPECT_EQ(refusal_of("quota = 5"), "policy:1:9: expected tables");
}

TEST(AFaultyPolicyFile, DoesNotSayWho) {
  EXPECT_EQ(refusal_of("\n[[rule]]\nas = \"deny\""), "policy:2:1: who is missing");
  EXPECT_EQ(refusal_of("\n\n[[quota]]\nsegments = 1"), "policy:3:1: who is missing");
}

TEST(AFaultyPolicyFile, HasEmptyListsAndWrongTypes) {
  for (const std::string key : {"operations", "keys", "owners", "uids", "gids"}) {
    const std::string column = std::to_string(key.size() + 4);
    EXPECT_EQ(rule_refusal(key + " = []"), "policy:3:" + column + ": the list is empty");
    EXPECT_EQ(rule_refusal(key + " = \"x\""), "policy:3:" + column + ": expected a list");
    EXPECT_EQ(rule_refusal(key + " = [1.5]").find("policy:3:" + std::to_string(key.size() + 5) + ": expected a"), 0U);
  }
  EXPECT_EQ(refusal_of("[[rule]]\nwho = []"), "policy:2:7: the list is empty");
  EXPECT_EQ(refusal_of("[[rule]]\nwho = [\"local\",\n 5]"), "policy:3:2: expected a string");
  EXPECT_EQ(rule_refusal("as = 1"), "policy:3:6: as: unknown value");
  EXPECT_EQ(rule_refusal("max_mode = true"), "policy:3:12: expected an integer or a string");
  EXPECT_EQ(rule_refusal("keys = [[1]]"), "policy:3:9: expected an integer or a string");
  EXPECT_EQ(quota_refusal("segments = \"5\""), "policy:3:12: expected an integer, 0 or more");
  EXPECT_EQ(quota_refusal("attachments = -1"), "policy:3:15: expected an integer, 0 or more");
  EXPECT_EQ(quota_refusal("bytes = 1.5"), "policy:3:9: expected an integer, 0 or more");
}

TEST(AFaultyPolicyFile, NamesUnknownOperations) {
  EXPECT_EQ(rule_refusal("operations = [\"stat\", \"sett\"]"), "policy:3:23: unknown operation \"sett\"");
  EXPECT_EQ(rule_refusal("operations = [\"batch\"]"), "policy:3:15: batch cannot be named in a rule");
}

TEST(AFaultyPolicyFile, NamesUnknownCallers) {
  const auto refusal = [](const std::string& who) { return refusal_of("[[rule]]\nwho = [\"" + who + "\"]"); };
  EXPECT_EQ(refusal("user:no-such-user"), "policy:2:8: no such user on this host: \"no-such-user\"");
  EXPECT_EQ(refusal("group:no-such-group"), "policy:2:8: no such group on this host: \"no-such-group\"");
  EXPECT_EQ(refusal("user:"), "policy:2:8: no such user on this host: \"\"");
  EXPECT_EQ(refusal("user:root\\u0000"), "policy:2:8: no such user on this host: \"root\\x00\"");
  EXPECT_EQ(refusal("uid:4294967295"), "policy:2:8: \"4294967295\" is not a number from 0 to 4294967294");
  EXPECT_EQ(refusal("gid:-1"), "policy:2:8: \"-1\" is not a number from 0 to 4294967294");
  EXPECT_EQ(refusal("key:"), "policy:2:8: \"\" is not a valid key name");
  EXPECT_EQ(refusal("key:*"), "policy:2:8: \"*\" is not a valid key name");
  EXPECT_EQ(refusal("key:a@b"), "policy:2:8: \"a@b\" is not a valid key name");  // no key file can have that name
  EXPECT_EQ(refusal("root"), "policy:2:8: \"root\" does not name a caller");
  EXPECT_EQ(refusal("Local"), "policy:2:8: \"Local\" does not name a caller");
  EXPECT_EQ(parse_policy("[[rule]]\nwho = [\"user:1001\"]", "p").error().hint, "for a numeric id, write uid:1001");
}

TEST(AFaultyPolicyFile, NamesUnknownOwners) {
  EXPECT_EQ(rule_refusal("owners = [\"group:adm\"]"), "policy:3:11: \"group:adm\" is not a user");
  EXPECT_EQ(rule_refusal("uids = [\"anyone\"]"), "policy:3:9: \"anyone\" is not a user");
  EXPECT_EQ(rule_refusal("gids = [\"user:root\"]"), "policy:3:9: \"user:root\" is not a group");
  EXPECT_EQ(rule_refusal("as = \"user:no-such-user\""), "policy:3:6: no such user on this host: \"no-such-user\"");
  EXPECT_EQ(rule_refusal("as = \"uid:5\""), "policy:3:6: as: unknown value");
}

TEST(AFaultyPolicyFile, HasBadKeys) {
  const auto refusal = [](const std::string& key) { return rule_refusal("keys = [" + key + "]"); };
  for (const std::string key : {"0", "4294967296", "-2147483649", "\"\"", "\"-5\"", "\"5-\"", "\"0-5\"",
                                "\"1-4294967296\"", "\"1-2-3\"", "\"1 - 2\"", "\"0x\"", "\"ftok\""}) {
    EXPECT_NE(refusal(key).find("policy:3:9: "), std::string::npos) << key;
    EXPECT_NE(refusal(key).find(" is not a key or a range of keys"), std::string::npos) << key;
  }
  EXPECT_EQ(refusal("\"5999-5000\""), "policy:3:9: the range \"5999-5000\" is empty");
}

TEST(AFaultyPolicyFile, HasBadModes) {
  EXPECT_EQ(rule_refusal("max_mode = 888"), "policy:3:12: mode 888 is not three octal digits, 0 to 777");
  EXPECT_EQ(rule_refusal("max_mode = 1777"), "policy:3:12: mode 1777 is not three octal digits, 0 to 777");
  EXPECT_EQ(rule_refusal("max_mode = 432"), "policy:3:12: mode 432 looks like a bit mask");
  EXPECT_EQ(rule_refusal("max_mode = \"rw\""), "policy:3:12: mode \"rw\" is not three octal digits, 0 to 777");
  for (const std::string mode : {"0o660", "0o620", "0x1b0", "0b110"}) {
    EXPECT_EQ(rule_refusal("max_mode = " + mode), "policy:3:12: a mode must not have a prefix") << mode;
  }
}

TEST(AFaultyPolicyFile, HasBadSizes) {
  for (const std::string size : {"", "G", "1T", "1k", "1.5G", "-1", "17179869184G", "18446744073709551616"}) {
    EXPECT_EQ(quota_refusal("bytes = \"" + size + "\""), "policy:3:9: \"" + size + "\" is not a number of bytes");
  }
}

TEST(AFaultyPolicyFile, HasBoundsWithoutEffect) {
  EXPECT_EQ(rule_refusal("as = \"deny\"\nmax_mode = 660"), "policy:4:12: a rule that denies takes no bounds");
  EXPECT_EQ(rule_refusal("operations = [\"stat\"]\nmax_mode = 660"),
            "policy:4:12: none of the operations gives what max_mode bounds");
  EXPECT_EQ(rule_refusal("operations = [\"create\"]\ngids = [\"gid:5\"]"),
            "policy:4:8: none of the operations gives what gids bounds");
  EXPECT_EQ(rule_of("operations = [\"create\", \"stat\"]\nmax_mode = 660").max_mode, Mode{0660});
}

TEST(AFaultyPolicyFile, HasSegmentsForOperationsWithoutOne) {
  EXPECT_EQ(rule_refusal("operations = [\"stat\", \"list\"]\nkeys = [5679]"), "policy:3:23: list concerns no segment");
  EXPECT_EQ(rule_refusal("owners = [\"uid:1\"]\noperations = [\"ping\"]"), "policy:4:15: ping concerns no segment");
  EXPECT_EQ(rule_refusal("owners = [\"uid:1\"]\noperations = [\"create\"]"),
            "policy:4:15: create concerns no owner yet");
}

TEST(AFaultyPolicyFile, LetsRemoteCallersActAsThemselves) {
  const std::string refusal = ": a remote caller has no rights of its own";
  EXPECT_EQ(refusal_of("[[rule]]\nwho = [\"remote\"]"), "policy:1:1" + refusal);
  EXPECT_EQ(refusal_of("[[rule]]\nwho = [\"key:a\", \"remote\"]\nas = \"caller\""), "policy:3:6" + refusal);
  EXPECT_TRUE(parse_policy("[[rule]]\nwho = [\"key:a\", \"local\"]", "policy").ok());
}

TEST(AFaultyPolicyFile, IsNamedInAMessageThatATerminalCanShow) {
  EXPECT_EQ(parse_policy("[[rule]]\n\"\\u001b[2J\" = 1", "/etc/\x1bpolicy").error().message,
            "/etc/\\x1bpolicy:2:1: unknown key \"\\x1b[2J\"");
}

TEST(TheExample, IsAPolicy) {
  std::ifstream file(SHMBUS_SOURCE_DIR "/deploy/policy.example.toml");
  std::stringstream content;
  content << file.rdbuf();
  const Result<Policy> policy = parse_policy(content.str(), "policy.example.toml");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  const Subject administrator{.uid = 1001, .gids = {1001, 4}};
  AccessRequest set{.operation = "set", .key = 5679, .owner = 999, .mode = Mode{0660}, .gid = 34};
  EXPECT_EQ(policy->decide(administrator, set).as, ActAs::kAgent);
  set.mode = Mode{0666};
  EXPECT_EQ(policy->decide(administrator, set).as, ActAs::kDeny);
  const Subject backup{.key_name = "backup-host"};
  EXPECT_EQ(policy->decide(backup, {.operation = "read", .key = 5679}).as, ActAs::kUser);
  EXPECT_EQ(policy->decide(backup, {.operation = "read", .key = 0x7001}).as, ActAs::kDeny);
  EXPECT_EQ(policy->decide(backup, {.operation = "write", .key = 5679}).as, ActAs::kDeny);
  EXPECT_EQ(policy->quota_of(backup).segments, 0U);
  EXPECT_EQ(policy->quota_of(administrator).bytes, kGiB);
}

}  // namespace
}  // namespace shmbus::agent
