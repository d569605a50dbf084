// A line of the audit: a JSON object and a newline (JSON Lines). All characters but printable ASCII are escaped, so a
// line is safe to print on a terminal. Bytes that are not UTF-8 become U+FFFD.
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

// The decision about a request.
enum class Verdict : std::uint8_t { kAllow, kDeny };

// A request for a change, or a request that was denied. Borrows its text and lives for the length of a call. Its line
// has these fields in this order, without those that are unknown:
//   time (RFC 3339, UTC, microseconds), principal, uid, gid, pid, endpoint, operation,
//   segment {shm_key, shm_shmid}, decision ("allow", "deny"), rule, outcome ("ok" or an error code),
//   before {uid, gid, mode}, after {uid, gid, mode} with the mode's three digits as a number.
// Text longer than kMostTextBytes is cut.
struct AuditRecord {
  static constexpr std::size_t kMostTextBytes = 256;

  WallTime time;
  const Caller& caller;
  std::string_view endpoint;   // empty if unknown, as are operation and rule
  std::string_view operation;  // its name on the wire
  SegmentRef segment = {};
  Verdict verdict = Verdict::kAllow;
  std::string_view rule = {};  // the line of the policy that allows it, or the reason for the denial
  std::optional<ErrorCode> error = {};
  std::optional<Permissions> before = {};
  std::optional<Permissions> after = {};

  // Returns whether the request changed nothing, because it was denied or because it failed.
  [[nodiscard]] bool is_denial() const { return verdict == Verdict::kDeny || error.has_value(); }
};

// Returns the line of `record`, including the newline.
[[nodiscard]] std::string audit_line(const AuditRecord& record);

// Returns the line that counts denials that were left out: {"time": until, "principal", "since", "left_out": count}.
// Without a principal, they are those of several principals.
[[nodiscard]] std::string left_out_line(const std::optional<std::string>& principal, const Unwritten& left_out);

// Returns the line that counts records that could not be written: {"time": until, "since", "lost": count}.
[[nodiscard]] std::string lost_line(const Unwritten& lost);

}  // namespace shmbus::agent
