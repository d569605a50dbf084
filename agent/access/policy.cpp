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

bool any_matches(const std::vector<SubjectPattern>& who, const Subject& subject) {
  return std::any_of(who.begin(), who.end(), [&](const SubjectPattern& some) { return some.matches(subject); });
}

bool matches(const Rule& rule, const Subject& subject, const AccessRequest& asked) {
  const auto has_key = [&](const KeyRange& range) { return range.first <= *asked.key && *asked.key <= range.last; };
  return (rule.operations.empty() || contains(rule.operations, asked.operation)) &&
         (rule.keys.empty() || (asked.key && std::any_of(rule.keys.begin(), rule.keys.end(), has_key))) &&
         (rule.owners.empty() || (asked.owner && contains(rule.owners, *asked.owner))) &&
         any_matches(rule.who, subject);
}

std::string three_digits(Mode mode) {
  const std::string digits = std::to_string(mode_digits(mode));
  return std::string(3 - digits.size(), '0') + digits;
}

// Returns the reason why the rule denies a request that it matches; "" if it allows it.
std::string objection(const Rule& rule, const Subject& subject, const AccessRequest& asked) {
  if (rule.as == ActAs::kDeny) {
    return " denies it";
  }
  if (rule.as == ActAs::kCaller && !subject.is_local()) {
    return " lets callers act as themselves; a remote caller has no rights of its own";
  }
  if (rule.max_mode && asked.mode && (asked.mode->bits & ~rule.max_mode->bits) != 0) {
    return " limits the mode to max_mode " + three_digits(*rule.max_mode) + "; " + three_digits(*asked.mode) +
           " exceeds it";
  }
  const bool bounds_uid = rule.as == ActAs::kAgent || !rule.uids.empty();
  if (asked.uid && bounds_uid && !contains(rule.uids, *asked.uid)) {
    return " does not allow giving a segment to uid " + std::to_string(*asked.uid) + ", which is not among its uids";
  }
  if (asked.gid && !rule.gids.empty() && !contains(rule.gids, *asked.gid)) {
    return " does not allow giving a segment to gid " + std::to_string(*asked.gid) + ", which is not among its gids";
  }
  return "";
}

}  // namespace

bool concerns_segment(std::string_view operation) {
  constexpr std::array<std::string_view, 4> kWithout{"list", "events", "info", "ping"};
  return std::find(kWithout.begin(), kWithout.end(), operation) == kWithout.end();
}

bool SubjectPattern::matches(const Subject& subject) const {
  switch (kind) {
    case Kind::kUid:
      return subject.is_local() && *subject.uid == id;
    case Kind::kGid:
      return subject.is_local() && contains(subject.gids, id);
    case Kind::kKey:
      return !subject.key_name.empty() && subject.key_name == key_name;
    case Kind::kLocal:
      return subject.is_local();
    case Kind::kRemote:
      return !subject.is_local();
    case Kind::kAnyone:
      return true;
  }
  return false;
}

Policy::Policy(std::vector<Rule> rules, std::vector<QuotaRule> quotas)
    : rules_(std::move(rules)), quotas_(std::move(quotas)) {}

Decision Policy::decide(const Subject& subject, const AccessRequest& asked) const {
  const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const Rule& candidate) { return matches(candidate, subject, asked); });
  if (rule == rules_.end()) {
    if (subject.is_local()) {
      return {.as = ActAs::kCaller};
    }
    return {.as = ActAs::kDeny, .why = "no rule of the policy allows this to the remote caller"};
  }
  if (const std::string why = objection(*rule, subject, asked); !why.empty()) {
    return {
        .as = ActAs::kDeny, .line = rule->line, .why = "line " + std::to_string(rule->line) + " of the policy" + why};
  }
  return {.as = rule->as, .identity = rule->as == ActAs::kUser ? &rule->identity : nullptr, .line = rule->line};
}

Quota Policy::quota_of(const Subject& subject) const {
  const auto rule = std::find_if(quotas_.begin(), quotas_.end(),
                                 [&](const QuotaRule& candidate) { return any_matches(candidate.who, subject); });
  return rule == quotas_.end() ? Quota{} : rule->quota;
}

}  // namespace shmbus::agent
