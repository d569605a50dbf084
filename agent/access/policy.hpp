// What callers may do and whose rights they do it with: rules in the order of their file, the first that matches
// decides. Pure: no kernel, no clock, no name service. A policy is made from a file by policy_file.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/kernel/credentials.hpp"
#include "protocol/mode.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// Who asks. A local caller has a uid; a remote one has the name of its CURVE key or, if it is anonymous, neither.
// A key name makes a caller remote, whatever else is set.
struct Subject {
  std::optional<std::uint32_t> uid;
  std::vector<std::uint32_t> gids;  // primary and supplementary
  std::string key_name;

  [[nodiscard]] bool is_local() const { return uid.has_value() && key_name.empty(); }
};

// What is asked for: an operation of the wire (for a batch: each of its requests), and of its segment what is known.
// create has a key but no owner yet; operations that concern no segment have neither. `mode`, `uid` and `gid` are what
// set or create wants to give.
struct AccessRequest {
  std::string_view operation;
  std::optional<Key> key;  // kPrivateKey for a private segment
  std::optional<std::uint32_t> owner;
  std::optional<Mode> mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

// False for list, events, info and ping: no rule with keys or owners ever matches them.
[[nodiscard]] bool concerns_segment(std::string_view operation);

// With whose rights an operation is carried out: the caller's, those of a user that the rule names, the agent's own;
// or not at all.
enum class ActAs : std::uint8_t { kCaller, kUser, kAgent, kDeny };

// `line` is the line of the rule that decided, 0 if none matched. `identity` is set for kUser alone and lives as long
// as the policy. `why` is set for kDeny alone: one sentence with the line and the bound that is exceeded.
struct Decision {
  ActAs as = ActAs::kDeny;
  const Identity* identity = nullptr;
  int line = 0;
  std::string why = {};
};

// Some callers. Users and groups are local ones; `id` is a uid or gid.
struct SubjectPattern {
  enum class Kind : std::uint8_t { kUid, kGid, kKey, kLocal, kRemote, kAnyone };
  Kind kind = Kind::kAnyone;
  std::uint32_t id = 0;
  std::string key_name = {};

  [[nodiscard]] bool matches(const Subject& subject) const;
};

struct KeyRange {
  Key first = kPrivateKey;
  Key last = kPrivateKey;

  friend bool operator==(KeyRange, KeyRange) = default;
};

// A rule matches if each of `who`, `operations`, `keys` and `owners` has an entry that does; of the last three, an
// empty one matches everything. Then the bounds are checked: to exceed one is a denial, later rules are not asked.
struct Rule {
  int line = 0;
  std::vector<SubjectPattern> who;
  std::vector<std::string_view> operations;  // names of the table in protocol/operations.hpp
  std::vector<KeyRange> keys;
  std::vector<std::uint32_t> owners;

  ActAs as = ActAs::kCaller;
  Identity identity = {};  // for kUser, as the name service told it when the policy was read; without capabilities

  std::optional<Mode> max_mode = {};     // no bit beyond these may be given
  std::vector<std::uint32_t> uids = {};  // owners that may be given; empty: any, but none for kAgent, because
                                         // who owns a segment passes every bound
  std::vector<std::uint32_t> gids = {};  // groups that may be given; empty: any
};

// The most that one principal may have, each on its own; what is not set is not bounded. `line` is 0 if no rule
// matched.
struct Quota {
  int line = 0;
  std::optional<std::uint64_t> segments;  // made through the agent and still there
  std::optional<std::uint64_t> bytes;     // of those segments
  std::optional<std::uint64_t> attachments;
};

struct QuotaRule {
  std::vector<SubjectPattern> who;
  Quota quota;
};

// The rules and the quotas of one file; none by default. Const, so safe to ask from any thread.
class Policy {
 public:
  Policy() = default;
  Policy(std::vector<Rule> rules, std::vector<QuotaRule> quotas);

  // The first rule that matches decides. If none does, local callers act as themselves and remote ones are denied. A
  // rule that lets a remote caller act as itself denies as well: it has no rights here.
  [[nodiscard]] Decision decide(const Subject& subject, const AccessRequest& asked) const;

  // The quota of the first rule that matches.
  [[nodiscard]] Quota quota_of(const Subject& subject) const;

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
  std::vector<QuotaRule> quotas_;
};

}  // namespace shmbus::agent
