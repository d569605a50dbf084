// A policy: quotas, and rules that decide which operations a caller may carry out and with whose rights. Rules keep the
// order of their file, and the first that matches decides. Everything here is pure: no kernel, no clock, no name
// service. policy_file.hpp makes a policy from a file.
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

// A caller, reduced to the properties that rules match. A local one has a uid; a remote one has the name of its CURVE
// key or, if it is anonymous, neither. A key name makes a caller remote, whatever else is set. Authorizer gives an
// anonymous caller the ids that it acts as, so the rules see a local one.
struct Subject {
  std::optional<std::uint32_t> uid;
  std::vector<std::uint32_t> gids;  // primary and supplementary
  std::string key_name;             // empty without a key

  [[nodiscard]] bool is_local() const { return uid.has_value() && key_name.empty(); }
};

// A request, reduced to the properties that rules match: one operation and its segment. Each request of a batch is
// decided on its own. A create has a key but no owner yet; an operation that concerns no segment has neither.
struct AccessRequest {
  std::string_view operation;          // its name on the wire
  std::optional<Key> key;              // kPrivateKey for a private segment
  std::optional<std::uint32_t> owner;  // uid
  std::optional<Mode> mode;            // the mode that set or create gives
  std::optional<std::uint32_t> uid;    // the owner that set gives
  std::optional<std::uint32_t> gid;    // the group that set gives
};

// Returns whether `operation` concerns one segment. All do except list, events, info and ping; a rule with keys or
// owners never matches these four.
[[nodiscard]] bool concerns_segment(std::string_view operation);

// The rights with which an operation is carried out: those of the caller, of a user that the rule names, or of the
// agent. kDeny: it is not carried out.
enum class ActAs : std::uint8_t { kCaller, kUser, kAgent, kDeny };

// The decision about one request. It borrows from the policy.
struct Decision {
  ActAs as = ActAs::kDeny;
  const Identity* identity = nullptr;  // for kUser alone
  int line = 0;                        // of the rule that decided; 0 if none matched
  std::string why = {};                // for kDeny alone: one sentence with the line and the bound that is exceeded
};

// A pattern for callers. kUid and kGid match local callers only; `id` is that uid or gid, and a kGid matches
// supplementary groups as well. `key_name` is for kKey.
struct SubjectPattern {
  enum class Kind : std::uint8_t { kUid, kGid, kKey, kLocal, kRemote, kAnyone };
  Kind kind = Kind::kAnyone;
  std::uint32_t id = 0;
  std::string key_name = {};

  [[nodiscard]] bool matches(const Subject& subject) const;
};

// The keys from `first` to `last`, which are both included. kPrivateKey alone stands for every private segment.
struct KeyRange {
  Key first = kPrivateKey;
  Key last = kPrivateKey;

  friend bool operator==(KeyRange, KeyRange) = default;
};

// One rule. It matches a request if each of `who`, `operations`, `keys` and `owners` has an entry that matches; of the
// last three, an empty one matches everything. After that its bounds are checked: a request that exceeds one is denied,
// and no later rule is consulted.
struct Rule {
  int line = 0;  // in the file
  std::vector<SubjectPattern> who;
  std::vector<std::string_view> operations;  // names of the table in protocol/operations.hpp
  std::vector<KeyRange> keys;
  std::vector<std::uint32_t> owners;

  ActAs as = ActAs::kCaller;
  Identity identity = {};  // for kUser, as the name service had it when the policy was read; without capabilities

  // The bounds: the permission bits, owners and groups that a request may give. An empty one permits everything, with
  // one exception: with kAgent, an empty `uids` permits no owner, because a new owner could change the segment beyond
  // every other bound.
  std::optional<Mode> max_mode = {};
  std::vector<std::uint32_t> uids = {};
  std::vector<std::uint32_t> gids = {};
};

// The most that a principal may have. Each principal has the whole quota for itself. A member that is not set does not
// bound anything.
struct Quota {
  int line = 0;                           // in the file; 0 if no rule matched
  std::optional<std::uint64_t> segments;  // made through the agent and still there
  std::optional<std::uint64_t> bytes;     // of those segments
  std::optional<std::uint64_t> attachments;
};

// A quota, and patterns for the principals that it applies to.
struct QuotaRule {
  std::vector<SubjectPattern> who;
  Quota quota;
};

// The rules and the quotas of one file; a default-made policy has none. It never changes, so any thread may use it.
class Policy {
 public:
  Policy() = default;
  Policy(std::vector<Rule> rules, std::vector<QuotaRule> quotas);

  // Returns the decision of the first rule that matches. If none does, a local caller acts as itself and a remote one
  // is denied. A remote caller is also denied by a rule with kCaller, because it has no rights of its own on this host.
  [[nodiscard]] Decision decide(const Subject& subject, const AccessRequest& asked) const;

  // Returns the quota of the first quota rule that matches, or one without bounds.
  [[nodiscard]] Quota quota_of(const Subject& subject) const;

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
  std::vector<QuotaRule> quotas_;
};

}  // namespace shmbus::agent
