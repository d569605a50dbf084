#include "agent/access/explain.hpp"

#include <gtest/gtest.h>

#include <string>

#include "agent/access/policy_file.hpp"

namespace shmbus::agent {
namespace {

// Debian gives backup (34), nobody (65534) and the group adm (4) these numbers everywhere.
Policy example() {
  return parse_policy(R"([[rule]]
who = ["group:adm"]
operations = ["set"]
keys = ["5000-5999"]
as = "agent"
max_mode = 660
uids = ["user:backup"]
gids = ["group:backup"]

[[rule]]
who = ["key:store"]
operations = ["read", "ping", "create"]
as = "user:backup"

[[rule]]
who = ["local"]
owners = ["user:root"]
as = "deny"

[[rule]]
who = ["uid:34"]
operations = ["stat"]
)",
                      "policy")
      .value();
}

std::string answer_to(const std::string& question) {
  const Result<std::string> answer = explain(example(), question);
  return answer.ok() ? answer.value() : answer.error().message;
}

// The first line of the answer.
std::string decision_on(const std::string& question) {
  const std::string answer = answer_to(question);
  return answer.substr(0, answer.find('\n'));
}

TEST(AnExplanation, NamesTheRuleThatAllows) {
  EXPECT_EQ(decision_on("user=backup group=adm op=set shm_key=5679 mode=660"),
            "allowed as the agent by the rule at line 1");
  EXPECT_EQ(decision_on("uid=34 op=stat shm_key=1 owner=34"), "allowed as the caller by the rule at line 20");
  EXPECT_EQ(decision_on("key=store op=ping").find("allowed as uid 34 in groups 34"), 0U);
  EXPECT_NE(decision_on("key=store op=ping").find("by the rule at line 10"), std::string::npos);
}

TEST(AnExplanation, GivesTheReasonForADenial) {
  EXPECT_EQ(decision_on("user=backup group=adm op=set shm_key=5679 mode=666"),
            "denied: line 1 of the policy limits the mode to max_mode 660; 666 exceeds it");
  EXPECT_EQ(decision_on("uid=1234567 group=4 op=set shm_key=0x162f to_uid=nobody"),
            "denied: line 1 of the policy does not allow giving a segment to uid 65534, which is not among its uids");
  EXPECT_EQ(decision_on("user=backup group=adm op=set shm_key=5000 to_uid=backup to_gid=adm"),
            "denied: line 1 of the policy does not allow giving a segment to gid 4, which is not among its gids");
  EXPECT_EQ(decision_on("user=nobody op=read shm_key=private owner=root"), "denied: line 15 of the policy denies it");
}

TEST(AnExplanation, SaysThatNoRuleMatches) {
  EXPECT_EQ(decision_on("user=backup op=list"), "allowed as the caller because no rule matches");
  EXPECT_EQ(decision_on("key=other op=ping"), "denied: no rule of the policy allows this to the remote caller");
}

TEST(AnExplanation, SaysWhoAsks) {
  EXPECT_EQ(answer_to("uid=1234567 op=ping"),
            "allowed as the caller because no rule matches\ncaller: uid 1234567 in no group\n");
  EXPECT_NE(answer_to("group=4 user=backup group=50 op=ping").find("caller: uid 34 in groups 34, "), std::string::npos);
  EXPECT_NE(answer_to("op=ping").find("caller: an anonymous remote caller\n"), std::string::npos);
  EXPECT_NE(answer_to("key=other op=ping").find("caller: the remote caller with the key other\n"), std::string::npos);
}

TEST(AnExplanation, WarnsWhereAnOwnerWouldDecide) {
  const std::string warning = "; without owner=, rules with owners are ignored\n";
  EXPECT_NE(answer_to("uid=34 op=stat shm_key=1").find(warning), std::string::npos);
  EXPECT_NE(answer_to("uid=34 op=remove shm_key=1").find(warning), std::string::npos);
  EXPECT_EQ(answer_to("uid=34 op=stat shm_key=1 owner=34").find(warning), std::string::npos);
  EXPECT_EQ(answer_to("uid=34 op=create shm_key=1").find(warning), std::string::npos);
  EXPECT_EQ(answer_to("key=store op=read shm_key=1").find(warning), std::string::npos);  // decided before
}

TEST(AQuestion, IsMadeOfKnownWords) {
  for (const std::string question :
       {"user=root op=ping foo=1", "user=root op=ping foo", "op=ping =", "op=ping u=root"}) {
    EXPECT_EQ(answer_to(question).find("cannot parse \""), 0U) << question;
  }
  EXPECT_EQ(explain(Policy(), "what").error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(explain(Policy(), "what").error().hint,
            "the words are op=, user= or uid= with group=, or key=; shm_key=, owner=; mode=, to_uid=, to_gid=");
  EXPECT_EQ(answer_to("op=ping \x1b"), "cannot parse \"\\x1b\"");
}

TEST(AQuestion, SaysEachThingOnce) {
  EXPECT_EQ(answer_to("op=ping op=info"), "op= is given twice");
  EXPECT_EQ(answer_to("user=root op=ping uid=1"), "the caller is given twice");
  EXPECT_EQ(answer_to("user=root key=store op=ping"),
            "a caller has either a uid or a key: key= cannot be combined with user= or uid=");
}

TEST(AQuestion, IsComplete) {
  EXPECT_EQ(answer_to(""), "op= is missing");
  EXPECT_EQ(answer_to("user=root shm_key=1"), "op= is missing");
  EXPECT_EQ(answer_to("user=root op=stat"), "stat concerns a segment: shm_key= is missing");
  EXPECT_EQ(answer_to("op=ping group=adm"), "group= requires user= or uid=");
}

TEST(AQuestion, AsksForNothingThatTheOperationHasNot) {
  EXPECT_EQ(answer_to("op=list shm_key=1"), "list concerns no segment: shm_key= is not allowed");
  EXPECT_EQ(answer_to("op=list owner=0"), "list concerns no owner: owner= is not allowed");
  EXPECT_EQ(answer_to("op=create shm_key=1 owner=0"), "create concerns no owner: owner= is not allowed");
  EXPECT_EQ(answer_to("op=stat shm_key=1 mode=600"), "mode= requires op=set or op=create");
  EXPECT_EQ(answer_to("op=create shm_key=1 to_uid=0"), "to_uid= and to_gid= require op=set");
}

TEST(AQuestion, HasValuesThatCanBe) {
  EXPECT_EQ(answer_to("op=sett"), "unknown operation \"sett\"");
  EXPECT_EQ(answer_to("op=batch"), "batch cannot be named in a rule");
  EXPECT_EQ(answer_to("op=ping user=no-such-user"), "no such user on this host: \"no-such-user\"");
  EXPECT_EQ(answer_to("op=ping uid=root"), "\"root\" is not a number from 0 to 4294967294");
  EXPECT_EQ(answer_to("op=ping user=root group=no-such-group"), "no such group on this host: \"no-such-group\"");
  EXPECT_EQ(answer_to("op=ping key=a/b"), "\"a/b\" is not a valid key name");
  EXPECT_EQ(answer_to("op=stat shm_key=ftok").find("\"ftok\" is not a key"), 0U);
  EXPECT_EQ(answer_to("op=stat shm_key=1-2"), "shm_key= takes a single key");
  EXPECT_EQ(answer_to("op=set shm_key=1 mode=999").find("mode \"999\" is not"), 0U);
  EXPECT_EQ(answer_to("op=set shm_key=1 to_uid=4294967295"), "\"4294967295\" is not a number from 0 to 4294967294");
}

}  // namespace
}  // namespace shmbus::agent
