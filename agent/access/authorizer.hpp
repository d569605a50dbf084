// Authorizes operations by the rules and quotas of the policy, and records them in the audit.
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

// The policy and the audit, as far as `Config` names them. Without a policy, callers act as the identity that
// Authenticator gives them, and holders of keys, who get none, are denied. Without an audit nothing is recorded.
struct AuthorizerFiles {
  std::optional<Policy> policy;
  std::optional<Audit> audit;
  bool refuses_without_audit = true;  // deny changes while the audit cannot be written
};

// Returns the last known state of a segment; null if it is gone. Authorizer does not keep the pointer.
using SegmentLookup = std::function<const SegmentStat*(ShmId)>;

// Each operation passes through it twice: grant() decides before it is carried out, and record() records its outcome,
// even after a denial. The requests of a batch pass one by one. Single-threaded; the caller passes the time.
class Authorizer {
 public:
  // Permission for one operation: the identity to act as (null: the agent's own), and the line of the rule that decided
  // (0: none). Valid as long as the caller and the policy.
  struct Grant {
    const Identity* identity = nullptr;
    int line = 0;
  };

  // An operation, the decision about it and its result. Borrowed for the call. `made` is the segment that a create
  // made, `error` the reason for a denial or failure, null on success.
  struct Outcome {
    const Caller& caller;
    std::string_view endpoint;
    const Operation& operation;
    const Target& target;
    const Result<Grant>& grant;
    std::optional<ShmId> made;
    const Error* error = nullptr;
  };

  // Borrows `attachments`, which are counted for quotas. `known` is called for the quotas and for the audit.
  Authorizer(AuthorizerFiles files, const Attachments& attachments, SegmentLookup known)
      : files_(std::move(files)), attachments_(attachments), known_(std::move(known)) {}

  // Returns whether grant() and record() read the state of targets. If not, the kernel need not be asked for it.
  [[nodiscard]] bool looks_at_targets() const { return files_.policy || files_.audit; }

  // Decides whether `caller` may carry out `operation` on `target`, and with whose rights. Errors: kPermissionDenied
  // with the line of the rule, or for a holder of a key without a policy; kLimitReached beyond a quota; kBusy for a
  // change while the audit cannot be written.
  [[nodiscard]] Result<Grant> grant(const Caller& caller, const Operation& operation, const Target& target);

  // Records the outcome: a new segment for the quotas, and a change or a denial for the audit. An audit that cannot be
  // written is logged as an error.
  void record(const Outcome& outcome, Clock::time_point now);

  // Records a request that was denied for its sender or its rate, before its operation was considered.
  void record_refused(const Caller& caller, std::string_view endpoint, const Error& error, Clock::time_point now);

  // Replaces the policy for requests from now on, and invalidates the grants of the old one.
  void use(std::optional<Policy> policy) { files_.policy = std::move(policy); }

  // Do the same as flush(), next_deadline() and reopen() of Audit, or nothing without an audit.
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
