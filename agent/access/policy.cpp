#include "agent/access/policy.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace shmbus::agent {
namespace {

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool any_matches(const std::vector<Who>& who, const Asker& asker) {
  return std::any_of(who.begin(), who.end(), [&](const Who& some) { return some.matches(asker); });
}

bool matches(const Rule& rule, const Asker& asker, const Asked& asked) {
  const auto has_key = [&](const KeyRange& range) { return range.first <= *asked.key && *asked.key <= range.last; };
  return (rule.operations.empty() || contains(rule.operations, asked.operation)) &&
         (rule.keys.empty() || (asked.key && std::any_of(rule.keys.begin(), rule.keys.end(), has_key))) &&
         (rule.owners.empty() || (asked.owner && contains(rule.owners, *asked.owner))) && any_matches(rule.who, asker);
}

std::string three_digits(Mode mode) {
  const std::string digits = std::to_string(mode_digits(mode));
  return std::string(3 - digits.size(), '0') + digits;
}

// Why the rule does not grant what it matches, "" if it does.
std::string objection(const Rule& rule, const Asker& asker, const Asked& asked) {
  if (rule.as == ActAs::kDeny) {
    return " denies it";
  }
  if (rule.as == ActAs::kCaller && !asker.is_local()) {
    return " lets callers act as themselves, and a remote one has no rights here";
  }
  if (rule.max_mode && asked.mode && (asked.mode->bits & ~rule.max_mode->bits) != 0) {
    return " allows no mode beyond max_mode " + three_digits(*rule.max_mode) + ", and " + three_digits(*asked.mode) +
           " is";
  }
  const bool bounds_uid = rule.as == ActAs::kAgent || !rule.uids.empty();
  if (asked.uid && bounds_uid && !contains(rule.uids, *asked.uid)) {
    return " gives no segment to uid " + std::to_string(*asked.uid) + ", which its uids do not list";
  }
  if (asked.gid && !rule.gids.empty() && !contains(rule.gids, *asked.gid)) {
    return " gives no segment to gid " + std::to_string(*asked.gid) + ", which its gids do not list";
  }
  return "";
}

}  // namespace

bool concerns_segment(std::string_view operation) {
  constexpr std::array<std::string_view, 4> kWithout{"list", "events", "info", "ping"};
  return std::find(kWithout.begin(), kWithout.end(), operation) == kWithout.end();
}

bool Who::matches(const Asker& asker) const {
  switch (kind) {
    case Kind::kUid:
      return asker.is_local() && *asker.uid == id;
    case Kind::kGid:
      return asker.is_local() && contains(asker.gids, id);
    case Kind::kKey:
      return !asker.key_name.empty() && asker.key_name == key_name;
    case Kind::kLocal:
      return asker.is_local();
    case Kind::kRemote:
      return !asker.is_local();
    case Kind::kAnyone:
      return true;
  }
  return false;
}

Policy::Policy(std::vector<Rule> rules, std::vector<QuotaRule> quotas)
    : rules_(std::move(rules)), quotas_(std::move(quotas)) {}

Decision Policy::decide(const Asker& asker, const Asked& asked) const {
  const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const Rule& candidate) { return matches(candidate, asker, asked); });
  if (rule == rules_.end()) {
    if (asker.is_local()) {
      return {.as = ActAs::kCaller};
    }
    return {.as = ActAs::kDeny, .why = "no rule of the policy lets this remote caller do it"};
  }
  if (const std::string why = objection(*rule, asker, asked); !why.empty()) {
    return {
        .as = ActAs::kDeny, .line = rule->line, .why = "line " + std::to_string(rule->line) + " of the policy" + why};
  }
  return {.as = rule->as, .identity = rule->as == ActAs::kUser ? &rule->identity : nullptr, .line = rule->line};
}

Quota Policy::quota_of(const Asker& asker) const {
  const auto rule = std::find_if(quotas_.begin(), quotas_.end(),
                                 [&](const QuotaRule& candidate) { return any_matches(candidate.who, asker); });
  return rule == quotas_.end() ? Quota{} : rule->quota;
}

}  // namespace shmbus::agent
