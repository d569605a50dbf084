#include "agent/access/audit.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "agent/system/trusted_file.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

bool is_same_file(const UniqueFd& one, const UniqueFd& other) {
  struct stat first {};
  struct stat second {};
  return one && ::fstat(one.get(), &first) == 0 && ::fstat(other.get(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// Returns whether the file ends within a line, as an agent that was killed may have left it.
bool ends_within_line(const UniqueFd& file) {
  struct stat status {};
  char last = '\n';
  return ::fstat(file.get(), &status) == 0 && status.st_size > 0 &&
         ::pread(file.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace

Result<Audit> Audit::open(std::string path) {
  Audit audit(std::move(path));
  if (Result<void> opened = audit.reopen(); !opened) {
    return std::move(opened).error();
  }
  return audit;
}

Result<void> Audit::reopen() {
  Result<UniqueFd> opened = open_private(path_, O_RDWR | O_APPEND | O_CREAT);
  if (!opened) {
    return std::move(opened).error();
  }
  if (is_same_file(file_, *opened)) {
    return {};
  }
  if (::flock(opened->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {  // some file systems lack locks
    return Error{.code = ErrorCode::kExists,
                 .message = escape_foreign(path_) + " is locked: another process writes to it",
                 .hint = "each agent needs an audit file of its own",
                 .errno_value = EWOULDBLOCK};
  }
  file_ = std::move(*opened);
  within_line_ = ends_within_line(file_);
  return {};
}

Result<void> Audit::write(const AuditRecord& record, Clock::time_point now) {
  Result<void> flushed = flush(now);
  if (record.is_denial() && !denials_.admit(record.caller.principal, now, record.time)) {
    return flushed ? tell_lost() : flushed;
  }
  Result<void> written = append_or_lose(audit_line(record), {.count = 1, .since = record.time, .until = record.time});
  return flushed ? written : flushed;
}

bool Audit::works() { return tell_lost().ok(); }

Result<void> Audit::flush(Clock::time_point now) {
  Result<void> flushed;
  for (const Throttle::LeftOut& left_out : denials_.take_ended(now)) {
    if (Result<void> written = append_or_lose(left_out_line(left_out.name, left_out.lines), left_out.lines); !written) {
      flushed = written;
    }
  }
  return flushed;
}

Result<void> Audit::append_or_lose(std::string_view line, const Unwritten& records) {
  Result<void> appended = tell_lost();
  if (appended) {
    appended = append(line);
  }
  if (!appended) {
    if (lost_.count == 0) {
      spdlog::error("audit records are being lost: {}", escape_for_terminal(appended.error().message));
    }
    lost_.add(records);
  }
  return appended;
}

Result<void> Audit::tell_lost() {
  if (lost_.count == 0) {
    return {};
  }
  Result<void> appended = append(lost_line(lost_));
  if (appended) {
    spdlog::warn("audit writing resumed; {} records were lost", lost_.count);
    lost_ = {};
  }
  return appended;
}

Result<void> Audit::append(std::string_view line) {
  const std::string bytes = (within_line_ ? "\n" : "") + std::string(line);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file_.get(), bytes.data() + done, bytes.size() - done);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0 || errno != EINTR) {
      const int failure = count == 0 ? EIO : errno;
      truncate(std::string_view(bytes).substr(0, done));
      return file_error(failure, "write", path_);
    }
  }
  within_line_ = false;
  return {};
}

void Audit::truncate(std::string_view begun) {
  if (begun.empty()) {
    return;
  }
  struct stat status {};
  const bool is_cut = ::fstat(file_.get(), &status) == 0 &&
                      ::ftruncate(file_.get(), status.st_size - static_cast<off_t>(begun.size())) == 0;
  if (!is_cut) {  // forbidden by chattr +a; the next write then begins with a newline
    within_line_ = begun.back() != '\n';
  }
}

}  // namespace shmbus::agent
