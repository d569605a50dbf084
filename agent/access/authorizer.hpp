// What callers may do, and the record of what they did: policy, quotas, audit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/access/attachments.hpp"
#include "agent/access/audit.hpp"
#include "agent/access/caller.hpp"
#include "agent/access/policy.hpp"
#include "agent/access/quota_usage.hpp"
#include "agent/access/target.hpp"
#include "protocol/operations.hpp"

namespace shmbus::agent {

// What the files say that `Config` names; none: local callers act as themselves, and nothing is recorded.
struct AuthorizerFiles {
  std::optional<Policy> policy;
  std::optional<Audit> audit;
  bool refuses_without_audit = true;
};

// A segment's state as the agent knows it; null if it is gone.
using SegmentLookup = std::function<const SegmentStat*(ShmId)>;

// One thread.
class Authorizer {
 public:
  // With whose rights an operation is carried out (null: the agent's own) and the line of the rule that said so, 0
  // without one. Valid as long as the caller and the policy.
  struct Grant {
    const Identity* identity = nullptr;
    int line = 0;
  };

  // An operation that was decided about, and what came of it. `made` is the segment that a create made.
  struct Outcome {
    const Caller& caller;
    std::string_view endpoint;
    const Operation& operation;
    const Target& target;
    const Result<Grant>& grant;
    std::optional<ShmId> made;
    const Error* error = nullptr;
  };

  // Borrows `attachments`, for quotas.
  Authorizer(AuthorizerFiles files, const Attachments& attachments, SegmentLookup known)
      : files_(std::move(files)), attachments_(attachments), known_(std::move(known)) {}

  // False: grant() and record() need no target.
  [[nodiscard]] bool looks_at_targets() const { return files_.policy || files_.audit; }

  // Errors: kPermissionDenied with the rule, kLimitReached beyond a quota, kBusy for what changes something while it
  // can't be recorded.
  [[nodiscard]] Result<Grant> grant(const Caller& caller, const Operation& operation, const Target& target);

  // Takes down what came of it: for quotas what was made, for the audit what changed something or was refused.
  void record(const Outcome& outcome, Clock::time_point now);

  // A request that is not let in, of `caller` as far as it is known.
  void record_refused(const Caller& caller, std::string_view endpoint, const Error& error, Clock::time_point now);

  // The policy from now on.
  void use(std::optional<Policy> policy) { files_.policy = std::move(policy); }

  // Audit::flush(), next_deadline() and reopen(), if there is an audit.
  void flush_audit(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;
  Result<void> reopen_audit();

 private:
  [[nodiscard]] Result<void> check_quota(const Caller& caller, const Operation& operation, const Quota& quota);

  AuthorizerFiles files_;
  const Attachments& attachments_;
  const SegmentLookup known_;
  QuotaUsage usage_;
};

}  // namespace shmbus::agent
