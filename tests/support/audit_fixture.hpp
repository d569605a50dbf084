// A fixture with an audit file in a directory of its own, which reads back the lines written.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/access/audit.hpp"
#include "agent/system/trusted_file.hpp"
#include "tests/support/start_time.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {

inline constexpr WallTime kTime{std::chrono::hours(1000)};

class AuditFixture : public ::testing::Test {
 protected:
  AuditFixture() { spdlog::set_level(spdlog::level::off); }
  ~AuditFixture() override { spdlog::set_level(spdlog::level::info); }

  void SetUp() override {
    if (!check_private_directory(directory.path())) {
      GTEST_SKIP() << "in this user namespace the root directory is a stranger's";
    }
  }

  Audit opened() {
    Result<Audit> audit = Audit::open(path);
    if (!audit) {
      throw std::runtime_error(audit.error().message);
    }
    return std::move(audit).value();
  }

  // Writes the record of a request that changed something or, with `error`, of one that failed. Returns whether it was
  // written.
  bool write(Audit& audit, const std::string& operation, Clock::time_point now = kStart,
             std::optional<ErrorCode> error = {}, const std::string& principal = "uid:1000") const {
    const Caller caller{.principal = principal, .uid = 1000, .gid = 100, .pid = 4711};
    AuditRecord record{.time = kTime + (now - kStart), .caller = caller, .endpoint = "", .operation = operation};
    record.error = error;
    return audit.write(record, now).ok();
  }
  bool deny(Audit& audit, Clock::time_point now, const std::string& principal = "uid:1000") const {
    return write(audit, "remove", now, ErrorCode::kPermissionDenied, principal);
  }

  static std::string content(const std::string& of) {
    std::ifstream file(of, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Returns the lines of the file, parsed. A line that is incomplete or no JSON fails the test.
  std::vector<nlohmann::json> lines() const { return lines(path); }
  static std::vector<nlohmann::json> lines(const std::string& of) {
    const std::string all = content(of);
    EXPECT_TRUE(all.empty() || all.back() == '\n') << all;
    std::istringstream text(all);
    std::vector<nlohmann::json> parsed;
    for (std::string line; std::getline(text, line);) {
      parsed.push_back(nlohmann::json::parse(line, nullptr, false));
      EXPECT_FALSE(parsed.back().is_discarded()) << line;
    }
    return parsed;
  }

  const TemporaryDirectory directory;
  const std::string path = directory.file("audit.jsonl");
};

}  // namespace shmbus::agent
