#include "agent/access/authorizer.hpp"

#include <spdlog/spdlog.h>

namespace shmbus::agent {
namespace {

Subject subject_of(const Caller& caller) {
  Subject subject{.uid = caller.uid, .key_name = caller.key_name};
  if (caller.identity) {  // for the rules, an anonymous caller is the user that it acts as
    subject.uid = caller.identity->uid;
    subject.gids.assign(caller.identity->groups.begin(), caller.identity->groups.end());
    subject.gids.push_back(caller.identity->gid);
  } else if (caller.gid) {
    subject.gids.push_back(*caller.gid);
  }
  return subject;
}

AccessRequest access_request_of(const Operation& operation, const Target& target) {
  AccessRequest asked{.operation = spec_of(operation).name, .key = target.key};
  if (target.stat) {
    asked.owner = target.stat->uid;
  }
  if (const auto* const create = std::get_if<CreateRequest>(&operation)) {
    asked.mode = create->mode;
  } else if (const auto* const set = std::get_if<SetRequest>(&operation)) {
    asked.mode = set->mode;
    asked.uid = set->uid;
    asked.gid = set->gid;
  }
  return asked;
}

Error beyond_quota(const Caller& caller, const Quota& quota, const std::string& what, std::uint64_t used,
                   std::uint64_t most) {
  return {.code = ErrorCode::kLimitReached,
          .message = caller.principal + " has " + std::to_string(used) + " of " + std::to_string(most) + " " + what,
          .hint = "the quota is set in line " + std::to_string(quota.line) + " of the policy"};
}

// Returns whether the audit records the outcome: that of each change, and each denial by the policy or the kernel.
bool is_for_audit(const OperationSpec& spec, const Error* error) {
  return spec.changes || (error != nullptr && error->code == ErrorCode::kPermissionDenied);
}

void log_failure(const Result<void>& written) {
  if (!written) {
    spdlog::error("cannot write to the audit: {}", written.error().message);
  }
}

}  // namespace

Result<Authorizer::Grant> Authorizer::grant(const Caller& caller, const Operation& operation, const Target& target) {
  Grant grant{.identity = caller.identity ? &*caller.identity : nullptr, .line = 0};
  if (!files_.policy) {
    if (!caller.key_name.empty()) {
      return Error{.code = ErrorCode::kPermissionDenied,
                   .message = "no policy grants " + caller.principal + " any rights",
                   .hint = "rights of keys are granted by the agent's --policy"};
    }
  } else {
    const Subject subject = subject_of(caller);
    const Decision decision = files_.policy->decide(subject, access_request_of(operation, target));
    if (decision.as == ActAs::kDeny) {
      return Error{.code = ErrorCode::kPermissionDenied, .message = decision.why};
    }
    grant.line = decision.line;
    grant.identity = decision.as == ActAs::kCaller ? grant.identity : decision.identity;
    if (Result<void> within = check_quota(caller, operation, files_.policy->quota_of(subject)); !within) {
      return std::move(within).error();
    }
  }
  if (files_.audit && files_.refuses_without_audit && spec_of(operation).changes && !files_.audit->works()) {
    return Error{.code = ErrorCode::kBusy,
                 .message = "the audit cannot be written, so changes are denied",
                 .hint = "see the agent's log for the reason"};
  }
  return grant;
}

Result<void> Authorizer::check_quota(const Caller& caller, const Operation& operation, const Quota& quota) {
  if (const auto* const create = std::get_if<CreateRequest>(&operation); create != nullptr) {
    const QuotaUsage::Totals used =
        quota.segments || quota.bytes ? usage_.totals_of(caller.principal, known_) : QuotaUsage::Totals{};
    if (quota.segments && used.segments >= *quota.segments) {
      return beyond_quota(caller, quota, "segments", used.segments, *quota.segments);
    }
    if (quota.bytes && (used.bytes >= *quota.bytes || create->shm_segsz > *quota.bytes - used.bytes)) {
      return beyond_quota(caller, quota, "bytes in segments", used.bytes, *quota.bytes);
    }
  } else if (std::holds_alternative<AttachRequest>(operation) && quota.attachments) {
    if (const std::size_t held = attachments_.count_of(caller.principal); held >= *quota.attachments) {
      return beyond_quota(caller, quota, "attachments", held, *quota.attachments);
    }
  }
  return {};
}

void Authorizer::record(const Outcome& outcome, Clock::time_point now) {
  const auto& [caller, endpoint, operation, target, grant, made, error] = outcome;
  const OperationSpec& spec = spec_of(operation);
  const std::optional<ShmId> shmid = made && error == nullptr ? made : target.shmid;
  const SegmentStat* const after = shmid ? known_(*shmid) : nullptr;
  if (made && error == nullptr && after != nullptr && !target.stat) {
    usage_.made(caller.principal, *after);
  }
  if (!files_.audit || !is_for_audit(spec, error)) {
    return;
  }
  const std::string rule = grant && grant->line != 0 ? "line " + std::to_string(grant->line) : "";
  AuditRecord record{.time = std::chrono::system_clock::now(),
                     .caller = caller,
                     .endpoint = endpoint,
                     .operation = spec.name,
                     .segment = {.shm_key = target.key, .shm_shmid = shmid},
                     .verdict = grant ? Verdict::kAllow : Verdict::kDeny,
                     .rule = grant ? std::string_view(rule) : std::string_view(grant.error().message)};
  if (error != nullptr) {
    record.error = error->code;
  }
  if (target.stat) {
    record.before = target.stat->permissions();
  }
  if (after != nullptr && error == nullptr) {
    record.after = after->permissions();
  }
  log_failure(files_.audit->write(record, now));
}

void Authorizer::record_refused(const Caller& caller, std::string_view endpoint, const Error& error,
                                Clock::time_point now) {
  if (!files_.audit) {
    return;
  }
  log_failure(files_.audit->write({.time = std::chrono::system_clock::now(),
                                   .caller = caller,
                                   .endpoint = endpoint,
                                   .verdict = Verdict::kDeny,
                                   .rule = error.message,
                                   .error = error.code},
                                  now));
}

void Authorizer::flush_audit(Clock::time_point now) {
  if (files_.audit) {
    log_failure(files_.audit->flush(now));
  }
}

std::optional<Clock::time_point> Authorizer::next_deadline() const {
  return files_.audit ? files_.audit->next_deadline() : std::nullopt;
}

Result<void> Authorizer::reopen_audit() { return files_.audit ? files_.audit->reopen() : Result<void>(); }

}  // namespace shmbus::agent
