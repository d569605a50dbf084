// The audit: a file to which one line is appended for each request that changed something or was refused.
// audit_record.hpp has the form of the lines.
#pragma once

#include <string>
#include <string_view>

#include "agent/access/audit_record.hpp"
#include "agent/base/throttled_log.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// Whole lines only, one write(2) each and no sync: what was begun and can't be ended is cut off again. The file is
// locked (flock(2)), so nobody else's line can be hit. While the file can't be written, records are lost; their number
// is the first line when it can, and what is tried before each further record.
// One thread; time comes from the caller. Requires SIGXFSZ ignored: a file size limit is then a failed write.
class Audit {
 public:
  static constexpr std::size_t kMostDenials = 60;      // of one principal in a minute
  static constexpr std::size_t kMostPrincipals = 256;  // with a count of their own; those beyond share one

  // Errors: as open_private(); kExists if another process writes it.
  [[nodiscard]] static Result<Audit> open(std::string path);

  // Appends `record`, unless it is a denial beyond kMostDenials of its principal's minute. Before it come the counts of
  // what minutes that ended left out. Errors, also of those: of the file, with its name; then what failed is lost.
  Result<void> write(const AuditRecord& record, Clock::time_point now);

  // False if the last thing to be written was lost and still can't be written: to be asked before a change.
  [[nodiscard]] bool works();

  // Writes what minutes that ended by `now` left out; at the end with Clock::time_point::max().
  Result<void> flush(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const { return denials_.next_deadline(); }

  // Goes on in the file that has the name now. If it can't be opened, in the one before; errors as open().
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
  Unwritten lost_;
  Throttle denials_{kMostDenials, kMostPrincipals};
};

}  // namespace shmbus::agent
