// The audit: a file that gets a line for each request to change something and for each denied request. audit_record.hpp
// defines the form of the lines.
#pragma once

#include <string>
#include <string_view>

#include "agent/access/audit_record.hpp"
#include "agent/base/throttled_log.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Appends whole lines, each by write(2) and without fsync(2). A line that cannot be completed is cut off again, which
// is safe because the file is locked (flock(2)) against other agents.
//
// While the file cannot be written, records are lost and counted. Each further record first tries to write the count as
// a line of its own, so that is the first line once writing works again. Denials of one principal are limited for each
// minute, so that nobody can fill the disk; those left out are counted too, and the count is written when the minute
// has ended.
//
// Single-threaded; the caller passes the time. Requires that SIGXFSZ is ignored: then a file size limit (setrlimit(2))
// is a failed write and does not end the process.
class Audit {
 public:
  static constexpr std::size_t kMostDenials = 60;      // of one principal in a minute
  static constexpr std::size_t kMostPrincipals = 256;  // with a count of their own; those beyond share one

  // Opens and locks the file, which is created with mode 0600 if it is missing. Errors: as open_private(); kExists if
  // another process has locked it.
  [[nodiscard]] static Result<Audit> open(std::string path);

  // Appends `record`, unless it is a denial beyond kMostDenials of its principal's minute, which is only counted. The
  // counts of minutes that have ended are written first. Errors, for these too: those of the file, with its name; the
  // line that failed is lost.
  Result<void> write(const AuditRecord& record, Clock::time_point now);

  // Returns false if the last line was lost and the file still cannot be written; checks that by writing the count of
  // lost records. Call it before a change that must not happen without a record.
  [[nodiscard]] bool works();

  // Writes the counts of the minutes that have ended by `now`. When the agent stops, `now` is Clock::time_point::max().
  // Errors: as write().
  Result<void> flush(Clock::time_point now);

  // Returns when the next minute ends, and flush() is due; nothing if no minute is running.
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const { return denials_.next_deadline(); }

  // Opens the path again, which names another file after log rotation. If that file cannot be opened or locked, the old
  // one stays in use. Errors: as open().
  Result<void> reopen();

 private:
  explicit Audit(std::string path) : path_(std::move(path)) {}

  Result<void> append_or_lose(std::string_view line, const Unwritten& records);
  Result<void> tell_lost();
  Result<void> append(std::string_view line);
  void truncate(std::string_view begun);

  std::string path_;
  UniqueFd file_;
  bool within_line_ = false;  // the file does not end with a newline
  Unwritten lost_;            // records, since writing began to fail
  Throttle denials_{kMostDenials, kMostPrincipals};
};

}  // namespace shmbus::agent
