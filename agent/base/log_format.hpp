// Makes the formatters for the log on stderr: text for people, JSON for programs, prefixed lines for the journal.
#pragma once

#include <spdlog/formatter.h>

#include <cstdint>
#include <memory>

namespace shmbus::agent {

enum class LogFormat : std::uint8_t {
  kText,     // local time, level and message; the message is written as it is
  kJson,     // one object per line: time in UTC, level, message (cut at 64 KiB)
  kJournal,  // priority (sd-daemon(3)) and message; no time, because journald adds its own
};

// Returns a formatter for one sink, which owns it. kJson and kJournal keep each message on one line, whatever bytes it
// has. With kText, callers escape foreign text themselves.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format);

// Returns whether stderr is connected to the journal, by comparing it with JOURNAL_STREAM (systemd.exec(5)). The
// variable may be inherited: it does not count once stderr is redirected.
[[nodiscard]] bool stderr_is_journal();

}  // namespace shmbus::agent
