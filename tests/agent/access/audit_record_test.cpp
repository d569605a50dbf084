#include "agent/access/audit_record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

const WallTime kTime{std::chrono::seconds(1708474369) + std::chrono::microseconds(42)};
const Caller kUser{.principal = "uid:1000", .uid = 1000, .gid = 100, .pid = 4711};

AuditRecord record_of(const Caller& caller) {
  return {.time = kTime, .caller = caller, .endpoint = "ipc:///run/shmbus/commands.sock", .operation = "set"};
}

TEST(AnAuditLine, HasTheFieldsInTheirOrder) {
  AuditRecord record = record_of(kUser);
  record.segment = {.shm_key = 5679, .shm_shmid = 0};
  record.rule = "allow group shm set 5679";
  record.before = Permissions{1000, 100, Mode{0600}};
  record.after = Permissions{1000, 100, Mode{0660}};
  EXPECT_EQ(audit_line(record),
            R"({"time":"2024-02-21T00:12:49.000042Z","principal":"uid:1000","uid":1000,"gid":100,"pid":4711,)"
            R"("endpoint":"ipc:///run/shmbus/commands.sock","operation":"set",)"
            R"("segment":{"shm_key":5679,"shm_shmid":0},"decision":"allow","rule":"allow group shm set 5679",)"
            R"("outcome":"ok","before":{"uid":1000,"gid":100,"mode":600},)"
            R"("after":{"uid":1000,"gid":100,"mode":660}})"
            "\n");
}

TEST(AnAuditLine, LeavesOutWhatIsNotKnown) {
  const Caller anonymous = anonymous_caller();
  AuditRecord record{.time = kTime, .caller = anonymous, .endpoint = {}, .operation = {}};
  record.verdict = Verdict::kDeny;
  record.error = ErrorCode::kPermissionDenied;
  EXPECT_EQ(audit_line(record), R"({"time":"2024-02-21T00:12:49.000042Z","principal":"anonymous","decision":"deny",)"
                                R"("outcome":"permission_denied"})"
                                "\n");
}

TEST(AnAuditLine, ShowsAModeAsItsDigitsWithoutZerosBeforeThem) {
  AuditRecord record = record_of(kUser);
  record.after = Permissions{0, 0, Mode{0}};
  record.before = Permissions{0, 0, Mode{0044}};
  EXPECT_NE(audit_line(record).find(R"("before":{"uid":0,"gid":0,"mode":44},"after":{"uid":0,"gid":0,"mode":0})"),
            std::string::npos);
}

TEST(AnAuditLine, IsOneLineOfUtf8AndSafeToPrintWhateverTheTextsHold) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  const std::string nasty = "\"\\\n\x1b[2J\x7f\xc2\x85 \xc3\xa4 \xff\xc2";
  Caller caller = kUser;
  caller.principal = nasty;
  AuditRecord record = record_of(caller);
  record.endpoint = all;
  const std::string line = audit_line(record);
  EXPECT_TRUE(is_utf8(line));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(escape_for_terminal(line.substr(0, line.size() - 1)) + "\n", line);
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed["principal"], "\"\\\n\x1b[2J\x7f\xc2\x85 \xc3\xa4 \xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_TRUE(parsed["endpoint"].get<std::string>().starts_with(all.substr(0, 128) + "\xef\xbf\xbd"));
}

TEST(AnAuditLine, IsOfBoundedLengthAndCutBetweenCharacters) {
  std::string text(AuditRecord::kMostTextBytes - 2, 'x');
  const std::string kept = text;
  text += "\xe2\x82\xac\xe2\x82\xac";
  AuditRecord record = record_of(kUser);
  record.operation = text;
  EXPECT_EQ(nlohmann::json::parse(audit_line(record))["operation"], kept);
  const std::string exact(AuditRecord::kMostTextBytes, 'x');
  record.operation = exact;
  EXPECT_EQ(nlohmann::json::parse(audit_line(record))["operation"], exact);
}

TEST(AnAuditLine, TellsATimeBefore1970) {
  AuditRecord record = record_of(kUser);
  record.time = WallTime(std::chrono::microseconds(-1));
  EXPECT_NE(audit_line(record).find("1969-12-31T23:59:59.999999Z"), std::string::npos);
}

TEST(AnAuditLine, CountsWhatWasNotWritten) {
  Unwritten unwritten;
  unwritten.add({.count = 1, .since = kTime, .until = kTime});
  unwritten.add({.count = 2, .since = kTime + std::chrono::seconds(1), .until = kTime + std::chrono::seconds(2)});
  EXPECT_EQ(left_out_line("uid:1000", unwritten),
            R"({"time":"2024-02-21T00:12:51.000042Z","principal":"uid:1000","since":"2024-02-21T00:12:49.000042Z",)"
            R"("left_out":3})"
            "\n");
  EXPECT_EQ(left_out_line(std::nullopt, unwritten),
            R"({"time":"2024-02-21T00:12:51.000042Z","since":"2024-02-21T00:12:49.000042Z","left_out":3})"
            "\n");
  EXPECT_EQ(lost_line(unwritten),
            R"({"time":"2024-02-21T00:12:51.000042Z","since":"2024-02-21T00:12:49.000042Z","lost":3})"
            "\n");
}

TEST(AnAuditRecord, IsADenialIfNothingWasChanged) {
  AuditRecord record = record_of(kUser);
  EXPECT_FALSE(record.is_denial());
  record.error = ErrorCode::kNotFound;
  EXPECT_TRUE(record.is_denial());
  record.error = {};
  record.verdict = Verdict::kDeny;
  EXPECT_TRUE(record.is_denial());
}

}  // namespace
}  // namespace shmbus::agent
