#include "tests/support/policy_reference.hpp"

#include <algorithm>
#include <string_view>

namespace shmbus::agent {
namespace {

std::string list_of(const std::string& name, const Words& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "[\"" : ", \"") + word + '"';
  }
  return text.empty() ? "" : name + " = " + text + "]\n";
}

Words prefixed(const std::string& prefix, const std::vector<std::uint32_t>& ids) {
  Words words;
  for (const std::uint32_t id : ids) {
    words.push_back(prefix + std::to_string(id));
  }
  return words;
}

bool is_remote(const Subject& subject) { return !subject.uid || !subject.key_name.empty(); }

bool have_common(const Words& some, const std::set<std::string>& others) {
  return std::any_of(some.begin(), some.end(), [&](const std::string& word) { return others.contains(word); });
}

bool reference_matches(const RuleText& rule, const Subject& subject, const AccessRequest& asked) {
  std::set<Key> keys;
  for (const auto& [first, last] : rule.keys) {
    for (Key key = first; key <= last; ++key) {
      keys.insert(key);
    }
  }
  const std::set<std::uint32_t> owners(rule.owners.begin(), rule.owners.end());
  const std::set<std::string> operations(rule.operations.begin(), rule.operations.end());
  const bool wrong_key = !keys.empty() && (!asked.key || !keys.contains(*asked.key));
  const bool wrong_owner = !owners.empty() && (!asked.owner || !owners.contains(*asked.owner));
  const bool wrong_operation = !operations.empty() && !operations.contains(std::string(asked.operation));
  return !(wrong_key || wrong_owner || wrong_operation) && have_common(rule.who, words_for(subject));
}

bool reference_grants(const RuleText& rule, const Subject& subject, const AccessRequest& asked) {
  if (rule.as == "deny" || (rule.as == "caller" && is_remote(subject))) {
    return false;
  }
  for (int bit = 1; bit <= 0400 && rule.max_mode && asked.mode; bit *= 2) {
    if ((asked.mode->bits & bit) != 0 && (rule.max_mode->bits & bit) == 0) {
      return false;
    }
  }
  const std::set<std::uint32_t> uids(rule.uids.begin(), rule.uids.end());
  const std::set<std::uint32_t> gids(rule.gids.begin(), rule.gids.end());
  const bool uid_is_free = !asked.uid || (rule.as != "agent" && uids.empty());
  const bool gid_is_free = !asked.gid || gids.empty();
  return (uid_is_free || uids.contains(*asked.uid)) && (gid_is_free || gids.contains(*asked.gid));
}

}  // namespace

std::string octal(Mode mode) {
  std::string digits;
  for (const int shift : {6, 3, 0}) {
    digits += static_cast<char>('0' + ((mode.bits >> shift) & 7));
  }
  return digits;
}

std::string toml_of(const RuleText& rule) {
  Words keys;
  for (const auto& [first, last] : rule.keys) {
    keys.push_back(first == 0 ? "private" : std::to_string(first) + '-' + std::to_string(last));
  }
  std::string text = "[[rule]]\n" + list_of("who", rule.who) + list_of("operations", rule.operations) +
                     list_of("keys", keys) + list_of("owners", prefixed("uid:", rule.owners)) + "as = \"" + rule.as +
                     "\"\n";
  if (rule.max_mode) {
    text += "max_mode = \"" + octal(*rule.max_mode) + "\"\n";
  }
  return text + list_of("uids", prefixed("uid:", rule.uids)) + list_of("gids", prefixed("gid:", rule.gids));
}

std::set<std::string> words_for(const Subject& subject) {
  if (is_remote(subject)) {
    return subject.key_name.empty() ? std::set<std::string>{"anyone", "remote"}
                                    : std::set<std::string>{"anyone", "remote", "key:" + subject.key_name};
  }
  std::set<std::string> words{"anyone", "local", "uid:" + std::to_string(*subject.uid)};
  for (const std::uint32_t gid : subject.gids) {
    words.insert("gid:" + std::to_string(gid));
  }
  return words;
}

// Goes from the last rule to the first, so the first rule that matches decides.
ReferenceDecision reference(const std::vector<RuleText>& rules, const Subject& subject, const AccessRequest& asked) {
  ReferenceDecision verdict{.as = is_remote(subject) ? "deny" : "caller"};
  for (std::size_t i = rules.size(); i > 0; --i) {
    if (reference_matches(rules[i - 1], subject, asked)) {
      verdict = {.as = reference_grants(rules[i - 1], subject, asked) ? rules[i - 1].as : "deny", .rule = i};
    }
  }
  return verdict;
}

}  // namespace shmbus::agent
