#include "agent/access/audit.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/audit_fixture.hpp"

namespace shmbus::agent {
namespace {

using nlohmann::json;
using std::chrono::seconds;

using AnAudit = AuditFixture;

TEST_F(AnAudit, IsMadePrivateAndGrowsByALineARecord) {
  {
    Audit audit = opened();
    EXPECT_TRUE(write(audit, "create"));
    EXPECT_TRUE(write(audit, "set"));
  }
  Audit again = opened();
  EXPECT_TRUE(write(again, "remove"));
  EXPECT_TRUE(again.works());
  const std::vector<json> all = lines();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]["operation"], "create");
  EXPECT_EQ(all[2]["operation"], "remove");
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
}

TEST_F(AnAudit, IsRefusedWhereOthersCouldReadOrChangeIt) {
  std::ofstream(path) << "";
  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(Audit::open(path).error().code, ErrorCode::kBadRequest);
  const std::string fifo = directory.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(Audit::open(fifo).error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(Audit::open("/dev/full").error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(Audit::open(directory.file("no/audit")).error().code, ErrorCode::kNotFound);
}

TEST_F(AnAudit, HasOneWriter) {
  const Audit audit = opened();
  const Result<Audit> second = Audit::open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
}

TEST_F(AnAudit, GoesOnInANewFileAfterReopen) {
  Audit audit = opened();
  EXPECT_TRUE(write(audit, "create"));
  std::filesystem::rename(path, path + ".1");
  EXPECT_TRUE(write(audit, "set"));
  ASSERT_TRUE(audit.reopen());
  EXPECT_TRUE(write(audit, "remove"));
  EXPECT_EQ(lines(path + ".1").size(), 2U);
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0]["operation"], "remove");
  ASSERT_TRUE(audit.reopen()) << "the same file again";
  EXPECT_TRUE(write(audit, "create"));
  EXPECT_EQ(lines().size(), 2U);
  EXPECT_FALSE(Audit::open(path)) << "it is still locked";
}

TEST_F(AnAudit, StaysInTheOldFileIfTheNewOneIsRefused) {
  Audit audit = opened();
  std::filesystem::rename(path, path + ".1");
  std::filesystem::create_symlink(path + ".1", path);
  EXPECT_EQ(audit.reopen().error().code, ErrorCode::kBadRequest);
  EXPECT_TRUE(write(audit, "create"));
  EXPECT_EQ(lines(path + ".1").size(), 1U);
}

TEST_F(AnAudit, EndsAHalfLineThatItFinds) {
  std::ofstream(path) << R"({"time":"2024-)";
  ::chmod(path.c_str(), 0600);
  Audit audit = opened();
  EXPECT_TRUE(write(audit, "create"));
  const std::string all = content(path);
  ASSERT_TRUE(all.starts_with("{\"time\":\"2024-\n{"));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2);
}

TEST_F(AnAudit, WritesSixtyDenialsAMinuteAndOneRecordForTheRest) {
  Audit audit = opened();
  EXPECT_FALSE(audit.next_deadline());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(deny(audit, kStart + seconds(i / 20)));
  }
  EXPECT_TRUE(write(audit, "create", kStart + seconds(50)));
  EXPECT_EQ(lines().size(), 61U) << "changes are written all the same";
  EXPECT_EQ(audit.next_deadline(), kStart + seconds(60));
  EXPECT_TRUE(audit.flush(kStart + seconds(60)));
  EXPECT_FALSE(audit.next_deadline());
  const json last = lines().back();
  EXPECT_EQ(last["principal"], "uid:1000");
  EXPECT_EQ(last["left_out"], 940);
  EXPECT_EQ(last["since"], "1970-02-11T16:00:03.000000Z");
  EXPECT_EQ(last["time"], "1970-02-11T16:00:49.000000Z");
}

TEST_F(AnAudit, TellsWhatAMinuteLeftOutBeforeTheNextRecordAndTheRestAtTheEnd) {
  Audit audit = opened();
  for (int i = 0; i < 62; ++i) {
    EXPECT_TRUE(deny(audit, kStart));
    EXPECT_TRUE(deny(audit, kStart + seconds(30), "uid:1001"));
  }
  EXPECT_TRUE(deny(audit, kStart + seconds(70)));
  std::vector<json> all = lines();
  ASSERT_EQ(all.size(), 122U);
  EXPECT_EQ(all[120]["left_out"], 2);
  EXPECT_EQ(all[121]["operation"], "remove");
  EXPECT_TRUE(audit.flush(Clock::time_point::max()));
  all = lines();
  ASSERT_EQ(all.size(), 123U);
  EXPECT_EQ(all[122]["principal"], "uid:1001");
}

}  // namespace
}  // namespace shmbus::agent
