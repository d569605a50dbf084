#include "agent/access/policy_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "agent/access/policy_words.hpp"
#include "agent/config/toml_table.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

template <class T, Result<T> (*from)(std::string_view)>
Result<T> read_word(const toml::node& node) {
  if (const toml::value<std::string>* const word = node.as_string()) {
    return from(word->get());
  }
  return Error{.message = "expected a string"};
}

Error neither_number_nor_word() { return {.message = "expected an integer or a string"}; }

Result<KeyRange> read_keys(const toml::node& node) {
  if (const toml::value<std::int64_t>* const number = node.as_integer()) {
    const std::int64_t value = number->get();
    const bool is_signed_key = value < 0 && value >= std::numeric_limits<std::int32_t>::min();
    const Key key = static_cast<Key>(value);  // two's complement, as on the wire
    return is_signed_key ? Result<KeyRange>(KeyRange{.first = key, .last = key}) : keys_from(std::to_string(value));
  }
  return node.is_string() ? read_word<KeyRange, keys_from>(node) : neither_number_nor_word();
}

Result<Mode> read_mode(const toml::node& node) {
  if (const toml::value<std::int64_t>* const number = node.as_integer()) {
    if (number->flags() == toml::value_flags::none) {
      return mode_from_number(number->get());
    }
    return Error{.message = "a mode must not have a prefix", .hint = "its digits are octal: 660 means rw-rw----"};
  }
  return node.is_string() ? read_word<Mode, mode_from_text>(node) : neither_number_nor_word();
}

Result<std::uint64_t> read_amount(const toml::node& node) {
  const toml::value<std::int64_t>* const number = node.as_integer();
  if (number == nullptr || number->get() < 0) {
    return at(node.source(), "expected an integer, 0 or more");
  }
  return static_cast<std::uint64_t>(number->get());
}

Result<std::uint64_t> read_bytes(const toml::node& node) {
  const toml::value<std::string>* const text = node.as_string();
  if (text == nullptr) {
    return read_amount(node);
  }
  const Result<std::uint64_t> bytes = bytes_from(text->get());
  return bytes ? bytes : at(node.source(), bytes.error());
}

Result<void> read_as(const toml::node& node, Rule& rule) {
  constexpr std::string_view kUser = "user:";
  const std::string word = node.value<std::string>().value_or("");
  if (word == "caller" || word == "agent" || word == "deny") {
    rule.as = word == "caller" ? ActAs::kCaller : word == "agent" ? ActAs::kAgent : ActAs::kDeny;
    return {};
  }
  if (!word.starts_with(kUser)) {
    return at(node.source(), "as: unknown value", R"(write as = "caller", "agent", "user:NAME" or "deny")");
  }
  Result<Identity> user = user_named(word.substr(kUser.size()));
  if (!user) {
    return at(node.source(), user.error());
  }
  rule.as = ActAs::kUser;
  rule.identity = *std::move(user);
  return {};
}

constexpr auto kReadWho = read_word<SubjectPattern, subject_pattern_from>;
constexpr auto kReadUid = read_word<std::uint32_t, uid_from>;
constexpr auto kReadGid = read_word<std::uint32_t, gid_from>;
constexpr auto kReadOperation = read_word<std::string_view, operation_from>;

constexpr std::array kRuleFields{
    Field<Rule>{"who", [](const toml::node& node, Rule& rule) { return read_list(node, rule.who, kReadWho); }},
    Field<Rule>{"operations",
                [](const toml::node& node, Rule& rule) { return read_list(node, rule.operations, kReadOperation); }},
    Field<Rule>{"keys", [](const toml::node& node, Rule& rule) { return read_list(node, rule.keys, read_keys); }},
    Field<Rule>{"owners", [](const toml::node& node, Rule& rule) { return read_list(node, rule.owners, kReadUid); }},
    Field<Rule>{"as", read_as},
    Field<Rule>{"max_mode",
                [](const toml::node& node, Rule& rule) {
                  const Result<Mode> mode = read_mode(node);
                  return mode ? store(mode, rule.max_mode) : at(node.source(), mode.error());
                }},
    Field<Rule>{"uids", [](const toml::node& node, Rule& rule) { return read_list(node, rule.uids, kReadUid); }},
    Field<Rule>{"gids", [](const toml::node& node, Rule& rule) { return read_list(node, rule.gids, kReadGid); }},
};

constexpr std::array kQuotaFields{
    Field<QuotaRule>{"who",
                     [](const toml::node& node, QuotaRule& rule) { return read_list(node, rule.who, kReadWho); }},
    Field<QuotaRule>{"segments", [](const toml::node& node,
                                    QuotaRule& rule) { return store(read_amount(node), rule.quota.segments); }},
    Field<QuotaRule>{"bytes",
                     [](const toml::node& node, QuotaRule& rule) { return store(read_bytes(node), rule.quota.bytes); }},
    Field<QuotaRule>{"attachments", [](const toml::node& node,
                                       QuotaRule& rule) { return store(read_amount(node), rule.quota.attachments); }},
};

// A key of a rule that bounds these operations.
struct Bound {
  std::string_view name;
  std::string_view operation;
  std::string_view other_operation;
};
constexpr std::array kBounds{Bound{"max_mode", "set", "create"}, Bound{"uids", "set", "set"},
                             Bound{"gids", "set", "set"}};

// Rejects bounds that are well-formed but have no effect, so that nobody relies on them.
Result<void> check_bounds(const toml::table& table, const Rule& rule) {
  const auto has = [&rule](std::string_view operation) {
    return std::find(rule.operations.begin(), rule.operations.end(), operation) != rule.operations.end();
  };
  for (const Bound& bound : kBounds) {
    const toml::node* const node = table.get(bound.name);
    if (node == nullptr) {
      continue;
    }
    if (rule.as == ActAs::kDeny) {
      return at(node->source(), "a rule that denies takes no bounds", "it denies every request that it matches");
    }
    if (!rule.operations.empty() && !has(bound.operation) && !has(bound.other_operation)) {
      return at(node->source(), "none of the operations gives what " + std::string(bound.name) + " bounds");
    }
  }
  return {};
}

Result<void> check_operations(const toml::table& table, const Rule& rule) {
  for (std::size_t i = 0; i < rule.operations.size(); ++i) {
    const toml::source_region& place = table.get("operations")->as_array()->get(i)->source();
    const std::string operation(rule.operations[i]);
    if ((!rule.keys.empty() || !rule.owners.empty()) && !concerns_segment(operation)) {
      return at(place, operation + " concerns no segment", "a rule with keys or owners cannot match it");
    }
    if (!rule.owners.empty() && operation == "create") {
      return at(place, "create concerns no owner yet", "a rule with owners cannot match it");
    }
  }
  return {};
}

Result<void> check_as(const toml::table& table, const Rule& rule) {
  const bool all_remote = std::all_of(rule.who.begin(), rule.who.end(), [](const SubjectPattern& who) {
    return who.kind == SubjectPattern::Kind::kRemote || who.kind == SubjectPattern::Kind::kKey;
  });
  if (rule.as == ActAs::kCaller && all_remote) {
    const toml::node* const node = table.get("as");
    return at(node != nullptr ? node->source() : table.source(), "a remote caller has no rights of its own",
              R"(write as = "user:NAME", "agent" or "deny")");
  }
  return {};
}

template <class T>
Result<void> check_who(const toml::table& table, const T& rule) {
  return rule.who.empty() ? at(table.source(), "who is missing", "to match all callers, write who = [\"anyone\"]")
                          : Result<void>();
}

int line_of(const toml::table& table) { return static_cast<int>(table.source().begin.line); }

Result<void> read_rule(const toml::table& table, Rule& rule) {
  rule.line = line_of(table);
  Result<void> done = read_table<Rule>(table, kRuleFields, rule);
  for (const auto check : {check_who<Rule>, check_bounds, check_operations, check_as}) {
    done = done ? check(table, rule) : done;
  }
  return done;
}

Result<void> read_quota(const toml::table& table, QuotaRule& rule) {
  rule.quota.line = line_of(table);
  const Result<void> read = read_table<QuotaRule>(table, kQuotaFields, rule);
  return read ? check_who(table, rule) : read;
}

struct Content {
  std::vector<Rule> rules;
  std::vector<QuotaRule> quotas;
};

constexpr std::array kTables{
    Field<Content>{
        "rule", [](const toml::node& node, Content& content) { return read_tables(node, content.rules, read_rule); }},
    Field<Content>{"quota", [](const toml::node& node,
                               Content& content) { return read_tables(node, content.quotas, read_quota); }},
};

void drop_others(toml::table& table) {
  for (auto next = table.begin(); next != table.end();) {
    const std::string_view name = next->first.str();
    const bool is_ours =
        std::any_of(kTables.begin(), kTables.end(), [&](const auto& ours) { return ours.name == name; });
    next = is_ours ? std::next(next) : table.erase(next);
  }
}

}  // namespace

Result<Policy> parse_policy(const std::string& toml, const std::string& name, PolicyIs is) {
  toml::parse_result parsed = toml::parse(std::string_view(toml));
  if (parsed && is == PolicyIs::kAmongOthers) {
    drop_others(parsed.table());
  }
  Content content;
  const Result<void> read = parsed ? read_table<Content>(parsed.table(), kTables, content)
                                   : at(parsed.error().source(), escape_for_terminal(parsed.error().description()));
  if (!read) {
    Error error = read.error();
    error.message.insert(0, escape_for_terminal(name) + ':');
    return error;
  }
  return Policy(std::move(content.rules), std::move(content.quotas));
}

}  // namespace shmbus::agent
