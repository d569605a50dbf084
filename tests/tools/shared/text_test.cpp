#include "tools/shared/text.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

TEST(Text, ShowsEachFieldByItsName) {
  EXPECT_EQ(text_of_field("shm_key", 5679), "5679 (0x162f)");
  EXPECT_EQ(text_of_field("shm_key", 0), "0 (private)");
  EXPECT_EQ(text_of_field("mode", 664), "664 rw-rw-r--");
  EXPECT_EQ(text_of_field("mode", 4), "004 ------r--");
  EXPECT_EQ(text_of_field("uid", 0), "0 (root)");
  EXPECT_EQ(text_of_field("shm_segsz", 100), "100");
  EXPECT_EQ(text_of_field("shm_segsz", 1536), "1536 (1.5 KiB)");
  EXPECT_EQ(text_of_field("shm_atime", 0), "never");
  EXPECT_NE(text_of_field("shm_atime", 1708474369).find("(1708474369)"), std::string::npos);
  EXPECT_EQ(text_of_field("created", true), "yes");
}

TEST(Text, LetsNoControlCharacterThrough) {
  EXPECT_EQ(text_of_field("comm", "a\x1b[2J").find('\x1b'), std::string::npos);
  EXPECT_EQ(text_of_event({{"event", "set"}, {"actor", {{"comm", "a\nb"}}}}).find('\n'), std::string::npos);
}

TEST(Text, AlignsTheFieldsOfAResult) {
  EXPECT_EQ(text_of_reply({{"ok", true}, {"result", {{"op", "done"}, {"after", {{"uid", 0}, {"mode", 600}}}}}}),
            "op          done\n"
            "after.uid   0 (root)\n"
            "after.mode  600 rw-------\n");
}

TEST(Text, ShowsAListAsATable) {
  const Json stat{{"shm_shmid", 3}, {"shm_key", 5679}, {"shm_segsz", 10}, {"mode", 600},   {"uid", 0},
                  {"gid", 0},       {"shm_nattch", 2}, {"shm_cpid", 9},   {"marked", true}};
  const std::string table = text_of_reply({{"result", {{"segments", {stat}}, {"more", false}}}});
  EXPECT_TRUE(table.starts_with("SHMID  KEY            BYTES  MODE           OWNER")) << table;
  EXPECT_NE(table.find("\n3      5679 (0x162f)  10     600 rw-------  0 (root)"), std::string::npos) << table;
  EXPECT_TRUE(table.ends_with("marked\n")) << table;
}

TEST(Text, TellsAnEventInOneLine) {
  const std::string line = text_of_event({{"event", "set"},
                                          {"seq", 7},
                                          {"time_ns", 1708474369123000000},
                                          {"shm_key", 5679},
                                          {"shm_shmid", 3},
                                          {"source", "bus"},
                                          {"changed", {{"mode", {600, 664}}}},
                                          {"actor", {{"uid", 0}}}});
  EXPECT_NE(line.find(".123  set       key 5679 (0x162f)  shmid 3  mode 600 rw------- -> 664 rw-rw-r--"
                      "  seq 7  source bus  by uid 0"),
            std::string::npos)
      << line;
}

TEST(Text, TellsTheRepliesOfABatch) {
  const Json failed{{"ok", false}, {"error", {{"code", "not_found"}, {"message", "no segment"}}}};
  const Json done{{"ok", true}, {"result", {{"detached", 1}}}};
  EXPECT_EQ(text_of_reply({{"result", {{"replies", {done, failed}}}}}),
            "request 1: ok\n  detached  1\nrequest 2: not_found: no segment\n");
}

}  // namespace
}  // namespace shmbus
