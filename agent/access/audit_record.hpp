// One line of the audit: a JSON object with a newline at its end (JSON Lines). All but printable ASCII is escaped, so
// that a line is safe to print; bytes that are not UTF-8 are replaced by U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/access/caller.hpp"
#include "agent/base/throttled_log.hpp"
#include "protocol/error.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

// What the policy said.
enum class Verdict : std::uint8_t { kAllow, kDeny };

// A request that changed something or was refused. Borrowed for the time of a call. The fields of its line, always in
// this order, without those that are not known:
//   time (RFC 3339, UTC, microseconds), principal, uid, gid, pid, endpoint, operation,
//   segment {shm_key, shm_shmid}, decision ("allow", "deny"), rule, outcome ("ok" or an error code),
//   before {uid, gid, mode}, after {uid, gid, mode} with the mode's three digits as a number.
// Of text longer than kMostTextBytes the beginning is shown.
struct AuditRecord {
  static constexpr std::size_t kMostTextBytes = 256;

  WallTime time;
  const Caller& caller;
  std::string_view endpoint;   // empty: not known; so are operation and rule
  std::string_view operation;  // as on the wire
  SegmentRef segment = {};
  Verdict verdict = Verdict::kAllow;
  std::string_view rule = {};  // that decided
  std::optional<ErrorCode> error = {};
  std::optional<Permissions> before = {};
  std::optional<Permissions> after = {};

  // It changed nothing: denied, or failed.
  [[nodiscard]] bool is_denial() const { return verdict == Verdict::kDeny || error.has_value(); }
};

[[nodiscard]] std::string audit_line(const AuditRecord& record);

// {"time": until, "principal", "since", "left_out": count}: denials beyond those that are written. Without a principal:
// of several.
[[nodiscard]] std::string left_out_line(const std::optional<std::string>& principal, const Unwritten& left_out);

// {"time": until, "since", "lost": count}: records that could not be written when they came.
[[nodiscard]] std::string lost_line(const Unwritten& lost);

}  // namespace shmbus::agent
