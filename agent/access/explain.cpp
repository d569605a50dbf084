#include "agent/access/explain.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/access/policy_words.hpp"
#include "protocol/number.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kHint =
    "the words are op=, user= or uid= with group=, or key=; shm_key=, owner=; mode=, to_uid=, to_gid=";

Error refused(std::string message) { return not_understood(std::move(message), std::string(kHint)); }

struct Question {
  Subject subject;
  AccessRequest asked;
};

Result<std::uint32_t> user_id(const std::string& value) {
  if (parse_decimal_or_hex(value)) {
    return id_from(value);
  }
  const Result<Identity> user = user_named(value);
  return user ? Result<std::uint32_t>(user->uid) : user.error();
}

void ask_as(const Identity& user, Subject& subject) {
  subject.uid = user.uid;
  subject.gids.insert(subject.gids.begin(), user.groups.begin(), user.groups.end());
}

Result<void> read_user(const std::string& value, Question& question) {
  const Result<Identity> user = user_named(value);
  if (!user) {
    return user.error();
  }
  ask_as(*user, question.subject);
  return {};
}

Result<void> read_uid(const std::string& value, Question& question) {
  const Result<std::uint32_t> uid = id_from(value);
  if (!uid) {
    return uid.error();
  }
  ask_as(user_with(*uid), question.subject);
  return {};
}

Result<void> read_group(const std::string& value, Question& question) {
  return store(group_id(value), question.subject.gids.emplace_back());
}

Result<void> read_shm_key(const std::string& value, Question& question) {
  const Result<KeyRange> keys = keys_from(value);
  if (!keys || keys->first != keys->last) {
    return keys ? refused("shm_key= takes a single key") : keys.error();
  }
  question.asked.key = keys->first;
  return {};
}

struct Word {
  std::string_view name;
  Result<void> (*read)(const std::string& value, Question& question);
};

constexpr std::array kWords{
    Word{"op", [](const std::string& value,
                  Question& question) { return store(operation_from(value), question.asked.operation); }},
    Word{"user", read_user},
    Word{"uid", read_uid},
    Word{"group", read_group},
    Word{"key", [](const std::string& value,
                   Question& question) { return store(key_name_from(value), question.subject.key_name); }},
    Word{"shm_key", read_shm_key},
    Word{"owner",
         [](const std::string& value, Question& question) { return store(user_id(value), question.asked.owner); }},
    Word{"mode", [](const std::string& value,
                    Question& question) { return store(mode_from_text(value), question.asked.mode); }},
    Word{"to_uid",
         [](const std::string& value, Question& question) { return store(user_id(value), question.asked.uid); }},
    Word{"to_gid",
         [](const std::string& value, Question& question) { return store(group_id(value), question.asked.gid); }},
};

// Checks that the words go together, as those of a real request do.
Result<void> check(const Question& question) {
  const Subject& subject = question.subject;
  const AccessRequest& asked = question.asked;
  const std::string operation(asked.operation);
  if (operation.empty()) {
    return refused("op= is missing");
  }
  if (subject.uid && !subject.key_name.empty()) {
    return refused("a caller has either a uid or a key: key= cannot be combined with user= or uid=");
  }
  if (!subject.uid && !subject.gids.empty()) {
    return refused("group= requires user= or uid=");
  }
  if (concerns_segment(operation) != asked.key.has_value()) {
    return asked.key ? refused(operation + " concerns no segment: shm_key= is not allowed")
                     : refused(operation + " concerns a segment: shm_key= is missing");
  }
  if (asked.owner && (!asked.key || operation == "create")) {
    return refused(operation + " concerns no owner: owner= is not allowed");
  }
  if (asked.mode && operation != "set" && operation != "create") {
    return refused("mode= requires op=set or op=create");
  }
  if ((asked.uid || asked.gid) && operation != "set") {
    return refused("to_uid= and to_gid= require op=set");
  }
  return {};
}

Result<Question> question_from(const std::string& text) {
  Question question;
  std::vector<std::string_view> seen;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Word& candidate) {
      return equals != std::string::npos && std::string_view(word).substr(0, equals) == candidate.name;
    });
    if (found == kWords.end()) {
      return refused("cannot parse " + in_quotes(word));
    }
    const bool is_who = found->name == "user" || found->name == "uid";
    if (std::find(seen.begin(), seen.end(), is_who ? "user" : found->name) != seen.end() && found->name != "group") {
      return refused(is_who ? "the caller is given twice" : std::string(found->name) + "= is given twice");
    }
    seen.push_back(is_who ? "user" : found->name);
    if (Result<void> read = found->read(word.substr(equals + 1), question); !read) {
      return std::move(read).error();
    }
  }
  if (Result<void> checked = check(question); !checked) {
    return std::move(checked).error();
  }
  return question;
}

std::string with_groups(std::uint32_t uid, const std::vector<std::uint32_t>& gids) {
  std::string groups;
  for (const std::uint32_t gid : gids) {
    groups += (groups.empty() ? "groups " : ", ") + std::to_string(gid);
  }
  return "uid " + std::to_string(uid) + " in " + (groups.empty() ? "no group" : groups);
}

std::string decision_in_words(const Decision& decision) {
  const std::string by =
      decision.line == 0 ? " because no rule matches" : " by the rule at line " + std::to_string(decision.line);
  switch (decision.as) {
    case ActAs::kCaller:
      return "allowed as the caller" + by;
    case ActAs::kUser:
      return "allowed as " + with_groups(decision.identity->uid, decision.identity->groups) + by;
    case ActAs::kAgent:
      return "allowed as the agent" + by;
    case ActAs::kDeny:
      break;
  }
  return "denied: " + decision.why;
}

std::string subject_in_words(const Subject& subject) {
  if (subject.uid) {
    return with_groups(*subject.uid, subject.gids);
  }
  return subject.key_name.empty() ? "an anonymous remote caller" : "the remote caller with the key " + subject.key_name;
}

// Returns whether an earlier rule might have decided if the question had named an owner.
bool misses_owner(const Policy& policy, const AccessRequest& asked, const Decision& decision) {
  return asked.key && !asked.owner && asked.operation != "create" &&
         std::any_of(policy.rules().begin(), policy.rules().end(), [&decision](const Rule& rule) {
           return !rule.owners.empty() && (decision.line == 0 || rule.line < decision.line);
         });
}

}  // namespace

Result<std::string> explain(const Policy& policy, const std::string& question) {
  const Result<Question> read = question_from(question);
  if (!read) {
    return read.error();
  }
  const Decision decision = policy.decide(read->subject, read->asked);
  std::string answer = decision_in_words(decision) + "\ncaller: " + subject_in_words(read->subject);
  if (misses_owner(policy, read->asked, decision)) {
    answer += "; without owner=, rules with owners are ignored";
  }
  return answer + '\n';
}

}  // namespace shmbus::agent
