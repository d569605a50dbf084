// Random policies and questions, judged a second time by the reference.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/access/policy.hpp"
#include "agent/access/policy_file.hpp"
#include "agent/access/policy_words.hpp"
#include "tests/support/policy_reference.hpp"

namespace shmbus::agent {
namespace {

const Words kWho{"uid:1", "uid:2", "gid:1", "gid:2", "gid:3", "key:a", "key:b", "local", "remote", "anyone"};
const Words kOperationNames{"create", "stat", "set", "list"};
const Words kAskedOperations{"create", "stat", "set", "set", "set", "list"};
const Words kAs{"caller", "agent", "deny", "user:backup"};
const std::vector<std::uint32_t> kIds{1, 2, 3};

// The rule as the engine has it, at `line`.
Rule rule_of(const RuleText& text, int line) {
  Rule rule{.line = line, .owners = text.owners, .max_mode = text.max_mode, .uids = text.uids, .gids = text.gids};
  for (const std::string& word : text.who) {
    rule.who.push_back(subject_pattern_from(word).value());
  }
  for (const std::string& word : text.operations) {
    rule.operations.push_back(operation_from(word).value());
  }
  for (const auto& [first, last] : text.keys) {
    rule.keys.push_back({first, last});
  }
  rule.as = text.as == "caller"  ? ActAs::kCaller
            : text.as == "agent" ? ActAs::kAgent
            : text.as == "deny"  ? ActAs::kDeny
                                 : ActAs::kUser;
  return rule;
}

// Rules at the lines 1, 2, 3, …
Policy policy_of(const std::vector<RuleText>& texts) {
  std::vector<Rule> rules;
  for (const RuleText& text : texts) {
    rules.push_back(rule_of(text, static_cast<int>(rules.size()) + 1));
  }
  return {rules, {}};
}

std::string name_of(const Decision& decision) {
  switch (decision.as) {
    case ActAs::kCaller:
      return "caller";
    case ActAs::kUser:
      return "user:backup";
    case ActAs::kAgent:
      return "agent";
    case ActAs::kDeny:
      break;
  }
  return "deny";
}

template <class T>
std::optional<T> maybe(const rc::Gen<T>& gen) {
  return *rc::gen::arbitrary<bool>() ? std::optional<T>(*gen) : std::nullopt;
}

rc::Gen<Mode> any_mode() {
  return rc::gen::map(rc::gen::inRange(0, 01000), [](int bits) { return Mode{static_cast<std::uint16_t>(bits)}; });
}

// Up to `most` of `values`, often none.
template <class T>
std::vector<T> some_of(const std::vector<T>& values, int most) {
  return *rc::gen::container<std::vector<T>>(static_cast<std::size_t>(*rc::gen::inRange(0, most + 1)),
                                             rc::gen::elementOf(values));
}

rc::Gen<RuleText> any_rule() {
  return rc::gen::exec([] {
    RuleText rule;
    rule.who = some_of(kWho, 2);
    rule.who.push_back(*rc::gen::elementOf(kWho));
    rule.operations = some_of(kOperationNames, 2);
    for (int ranges = *rc::gen::inRange(0, 3); ranges > 0; --ranges) {
      const Key first = *rc::gen::inRange<Key>(0, 7);
      rule.keys.emplace_back(first, first == 0 ? first : *rc::gen::inRange<Key>(first, 7));
    }
    rule.owners = some_of(kIds, 1);
    rule.as = *rc::gen::elementOf(kAs);
    rule.max_mode = maybe(any_mode());
    rule.uids = some_of(kIds, 2);
    rule.gids = some_of(kIds, 2);
    return rule;
  });
}

rc::Gen<std::vector<RuleText>> any_rules() {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, 8), [](std::size_t count) {
    return rc::gen::container<std::vector<RuleText>>(count, any_rule());
  });
}

// Two thirds are local; of the others some have a uid that does not count.
Subject any_subject() {
  const int kind = *rc::gen::inRange(0, 6);
  Subject subject;
  if (kind > 0) {
    subject.uid = *rc::gen::inRange<std::uint32_t>(1, 4);
    subject.gids = some_of(kIds, 2);
  }
  if (kind < 2) {
    subject.key_name = *rc::gen::elementOf(Words{"", "a", "b", "c"});
  }
  return subject;
}

AccessRequest any_asked() {
  AccessRequest asked{.operation = operation_from(*rc::gen::elementOf(kAskedOperations)).value()};
  if (concerns_segment(asked.operation)) {
    asked.key = *rc::gen::inRange<Key>(0, 8);
    asked.owner = asked.operation == "create" ? std::nullopt : std::optional(*rc::gen::elementOf(kIds));
  }
  if (asked.operation == "create" || asked.operation == "set") {
    asked.mode = maybe(any_mode());
  }
  if (asked.operation == "set") {
    asked.uid = maybe(rc::gen::inRange<std::uint32_t>(1, 5));
    asked.gid = maybe(rc::gen::inRange<std::uint32_t>(1, 5));
  }
  return asked;
}

// What a failure shows.
std::string shown(const std::vector<RuleText>& rules, const Subject& subject, const AccessRequest& asked) {
  std::string text;
  for (const RuleText& rule : rules) {
    text += toml_of(rule);
  }
  for (const std::string& word : words_for(subject)) {
    text += word + ' ';
  }
  const auto add = [&text](const char* name, auto value) { text += value ? name + std::to_string(*value) : ""; };
  text += std::string(asked.operation) + (asked.mode ? " mode=" + octal(*asked.mode) : "");
  add(" shm_key=", asked.key);
  add(" owner=", asked.owner);
  add(" to_uid=", asked.uid);
  add(" to_gid=", asked.gid);
  return text;
}

RC_GTEST_PROP(AnyPolicy, DecidesAsTheReferenceDoes, ()) {
  const std::vector<RuleText> rules = *any_rules();
  const Policy policy = policy_of(rules);
  for (int questions = 0; questions < 50; ++questions) {
    const Subject subject = any_subject();
    const AccessRequest asked = any_asked();
    RC_LOG() << shown(rules, subject, asked);
    const Decision decision = policy.decide(subject, asked);
    const ReferenceDecision verdict{.as = name_of(decision), .rule = static_cast<std::size_t>(decision.line)};
    RC_ASSERT(verdict == reference(rules, subject, asked));
    RC_ASSERT(decision.why.empty() == (decision.as != ActAs::kDeny));
    RC_ASSERT((decision.identity == nullptr) == (decision.as != ActAs::kUser));
  }
}

RC_GTEST_PROP(AnyPolicy, IsTheSameWhenReadFromItsFile, ()) {
  std::vector<RuleText> rules;
  std::vector<int> lines;
  std::string file;
  for (const RuleText& rule : *any_rules()) {
    const std::string toml = toml_of(rule);
    if (parse_policy(toml, "rule").ok()) {  // not refused for having no effect
      rules.push_back(rule);
      lines.push_back(static_cast<int>(std::count(file.begin(), file.end(), '\n')) + 1);
      file += toml;
    }
  }
  const Policy policy = parse_policy(file, "policy").value();
  for (int questions = 0; questions < 50; ++questions) {
    const Subject subject = any_subject();
    const AccessRequest asked = any_asked();
    RC_LOG() << shown(rules, subject, asked);
    const Decision decision = policy.decide(subject, asked);
    const ReferenceDecision verdict = reference(rules, subject, asked);
    RC_ASSERT(name_of(decision) == verdict.as);
    RC_ASSERT(decision.line == (verdict.rule == 0 ? 0 : lines.at(verdict.rule - 1)));
  }
}

RC_GTEST_PROP(AnyPolicy, GrantsNothingBeyondItsBounds, ()) {
  const std::vector<RuleText> rules = *any_rules();
  const Policy policy = policy_of(rules);
  const Subject subject = any_subject();
  const AccessRequest asked = any_asked();
  const Decision decision = policy.decide(subject, asked);
  RC_LOG() << shown(rules, subject, asked);
  RC_ASSERT(decision.as != ActAs::kCaller || subject.is_local());
  if (decision.as == ActAs::kDeny || decision.line == 0) {
    return;
  }
  const Rule& rule = policy.rules().at(static_cast<std::size_t>(decision.line) - 1);
  const auto lists = [](const auto& ids, std::uint32_t id) { return std::count(ids.begin(), ids.end(), id) > 0; };
  RC_ASSERT(!asked.mode || !rule.max_mode || (asked.mode->bits | rule.max_mode->bits) == rule.max_mode->bits);
  RC_ASSERT(!asked.uid || decision.as != ActAs::kAgent || lists(rule.uids, *asked.uid));
  RC_ASSERT(!asked.gid || rule.gids.empty() || lists(rule.gids, *asked.gid));
}

RC_GTEST_PROP(ARuleAtTheEnd, ChangesOnlyWhatNoneDecidedBefore, ()) {
  std::vector<RuleText> rules = *any_rules();
  const Policy before = policy_of(rules);
  rules.push_back(*any_rule());
  const Policy after = policy_of(rules);
  const Subject subject = any_subject();
  const AccessRequest asked = any_asked();
  const Decision decision = before.decide(subject, asked);
  const int line = after.decide(subject, asked).line;
  RC_LOG() << shown(rules, subject, asked);
  RC_ASSERT(line == decision.line || (decision.line == 0 && line == static_cast<int>(rules.size())));
}

}  // namespace
}  // namespace shmbus::agent
