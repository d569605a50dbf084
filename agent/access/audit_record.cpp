#include "agent/access/audit_record.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/json_line.hpp"

namespace shmbus::agent {
namespace {

using Json = nlohmann::ordered_json;

void add(Json& object, const char* name, std::string_view text) {
  object[name] = cut(text, AuditRecord::kMostTextBytes);
}

void add_if_any(Json& object, const char* name, std::string_view text) {
  if (!text.empty()) {
    add(object, name, text);
  }
}

template <class Number>
void add_if_any(Json& object, const char* name, const std::optional<Number>& number) {
  if (number) {
    object[name] = *number;
  }
}

void add_if_any(Json& object, const char* name, const std::optional<Permissions>& value) {
  if (value) {
    object[name] = {{"uid", value->uid}, {"gid", value->gid}, {"mode", mode_digits(value->mode)}};
  }
}

}  // namespace

std::string audit_line(const AuditRecord& record) {
  Json object{{"time", rfc3339(record.time)}};
  add(object, "principal", record.caller.principal);
  add_if_any(object, "uid", record.caller.uid);
  add_if_any(object, "gid", record.caller.gid);
  add_if_any(object, "pid", record.caller.pid);
  add_if_any(object, "endpoint", record.endpoint);
  add_if_any(object, "operation", record.operation);
  Json segment;
  add_if_any(segment, "shm_key", record.segment.shm_key);
  add_if_any(segment, "shm_shmid", record.segment.shm_shmid);
  if (!segment.empty()) {
    object["segment"] = std::move(segment);
  }
  object["decision"] = record.verdict == Verdict::kAllow ? "allow" : "deny";
  add_if_any(object, "rule", record.rule);
  object["outcome"] = record.error ? name_of(*record.error) : "ok";
  add_if_any(object, "before", record.before);
  add_if_any(object, "after", record.after);
  return json_line(object);
}

std::string left_out_line(const std::optional<std::string>& principal, const Unwritten& left_out) {
  Json object{{"time", rfc3339(left_out.until)}};
  if (principal) {
    add(object, "principal", *principal);
  }
  object["since"] = rfc3339(left_out.since);
  object["left_out"] = left_out.count;
  return json_line(object);
}

std::string lost_line(const Unwritten& lost) {
  return json_line({{"time", rfc3339(lost.until)}, {"since", rfc3339(lost.since)}, {"lost", lost.count}});
}

}  // namespace shmbus::agent
