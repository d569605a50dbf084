#include "agent/base/log_format.hpp"

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

#include <nlohmann/json.hpp>
#include <string>

namespace shmbus::agent {
namespace {

constexpr const char* kHostile = "a \"quoted\" \\ path\nwith \x1b[31m and \xff\xfe bytes";

std::string line_of(LogFormat format, spdlog::level::level_enum level) {
  const spdlog::details::log_msg message("shmbus", level, kHostile);
  spdlog::memory_buf_t line;
  make_log_formatter(format)->clone()->format(message, line);
  return {line.data(), line.size()};
}

TEST(ALogLine, IsOneObjectOfJsonWhateverTheMessageHas) {
  const std::string line = line_of(LogFormat::kJson, spdlog::level::err);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const nlohmann::json record = nlohmann::json::parse(line);
  EXPECT_EQ(record["level"], "error");
  EXPECT_EQ(record["message"], "a \"quoted\" \\ path\nwith \x1b[31m and \xef\xbf\xbd\xef\xbf\xbd bytes");
  EXPECT_EQ(record["time"].get<std::string>().back(), 'Z');
}

TEST(ALogLine, IsOneForTheJournalToo) {
  const std::string line = line_of(LogFormat::kJournal, spdlog::level::warn);
  EXPECT_TRUE(line.starts_with("<4>a \"quoted\""));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line_of(LogFormat::kJournal, spdlog::level::critical).substr(0, 3), "<2>");
  EXPECT_EQ(line_of(LogFormat::kJournal, spdlog::level::debug).substr(0, 3), "<7>");
}

}  // namespace
}  // namespace shmbus::agent
