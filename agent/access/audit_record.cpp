#include "agent/access/audit_record.hpp"

#include <utility>

#include "agent/base/json_object.hpp"

namespace shmbus::agent {
namespace {

void permissions_if_any(JsonObject& object, std::string_view name, const std::optional<Permissions>& value) {
  if (value) {
    JsonObject permissions(0);
    permissions.number("uid", value->uid);
    permissions.number("gid", value->gid);
    permissions.number("mode", mode_digits(value->mode));
    object.object(name, permissions);
  }
}

void segment_if_any(JsonObject& object, const SegmentRef& segment) {
  if (segment.shm_key || segment.shm_shmid) {
    JsonObject named(0);
    named.number_if_any("shm_key", segment.shm_key);
    named.number_if_any("shm_shmid", segment.shm_shmid);
    object.object("segment", named);
  }
}

}  // namespace

void Unwritten::add(const Unwritten& more) {
  since = count == 0 ? more.since : since;
  until = more.until;
  count += more.count;
}

std::string audit_line(const AuditRecord& record) {
  JsonObject object(AuditRecord::kMostTextBytes);
  object.text("time", rfc3339(record.time));
  object.text("principal", record.caller.principal);
  object.number_if_any("uid", record.caller.uid);
  object.number_if_any("gid", record.caller.gid);
  object.number_if_any("pid", record.caller.pid);
  object.text_if_any("endpoint", record.endpoint);
  object.text_if_any("operation", record.operation);
  segment_if_any(object, record.segment);
  object.text("decision", record.verdict == Verdict::kAllow ? "allow" : "deny");
  object.text_if_any("rule", record.rule);
  object.text("outcome", record.error ? name_of(*record.error) : "ok");
  permissions_if_any(object, "before", record.before);
  permissions_if_any(object, "after", record.after);
  return std::move(object).line();
}

std::string left_out_line(const std::optional<std::string>& principal, const Unwritten& left_out) {
  JsonObject object(AuditRecord::kMostTextBytes);
  object.text("time", rfc3339(left_out.until));
  if (principal) {
    object.text("principal", *principal);
  }
  object.text("since", rfc3339(left_out.since));
  object.number("left_out", left_out.count);
  return std::move(object).line();
}

std::string lost_line(const Unwritten& lost) {
  JsonObject object(AuditRecord::kMostTextBytes);
  object.text("time", rfc3339(lost.until));
  object.text("since", rfc3339(lost.since));
  object.number("lost", lost.count);
  return std::move(object).line();
}

}  // namespace shmbus::agent
