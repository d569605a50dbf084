// How the log looks on stderr: for people, for programs, or for the journal.
#pragma once

#include <spdlog/formatter.h>

#include <cstdint>
#include <memory>

namespace shmbus::agent {

enum class LogFormat : std::uint8_t {
  kText,     // a line with time and level
  kJson,     // an object with time, level and message on each line
  kJournal,  // a line with its priority in front, as journald takes it (sd-daemon(3)), which notes the time itself
};

// One formatter for one sink. Each message is one line, whatever is in it.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format);

// Whether stderr is connected to the journal, as JOURNAL_STREAM says (systemd.exec(5)).
[[nodiscard]] bool stderr_is_journal();

}  // namespace shmbus::agent
