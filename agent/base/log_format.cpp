#include "agent/base/log_format.hpp"

#include <spdlog/pattern_formatter.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/json_line.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

using Buffer = spdlog::memory_buf_t;

void append(Buffer& line, std::string_view text) { line.append(text.data(), text.data() + text.size()); }

std::string_view text_of(spdlog::string_view_t text) { return {text.data(), text.size()}; }

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, Buffer& line) override {
    constexpr std::size_t kMostBytes = std::size_t{64} << 10;
    append(line, json_line({{"time", rfc3339(message.time)},
                            {"level", text_of(spdlog::level::to_string_view(message.level))},
                            {"message", cut(text_of(message.payload), kMostBytes)}}));
  }
  [[nodiscard]] std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

// Maps a level to the numbers of syslog(3).
char priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return '2';
    case spdlog::level::err:
      return '3';
    case spdlog::level::warn:
      return '4';
    case spdlog::level::info:
      return '6';
    default:
      return '7';
  }
}

class JournalFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, Buffer& line) override {
    append(line, std::string{'<', priority_of(message.level), '>'} + escape_for_terminal(text_of(message.payload)));
    append(line, "\n");
  }
  [[nodiscard]] std::unique_ptr<formatter> clone() const override { return std::make_unique<JournalFormatter>(); }
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format) {
  switch (format) {
    case LogFormat::kJson:
      return std::make_unique<JsonFormatter>();
    case LogFormat::kJournal:
      return std::make_unique<JournalFormatter>();
    case LogFormat::kText:
      break;
  }
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
}

bool stderr_is_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         stream == std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
}

}  // namespace shmbus::agent
