#include "tools/watch/condition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shmbus {
namespace {

using testing::HasSubstr;

constexpr SegmentStat kSegment{.shm_key = 5679,
                               .shm_shmid = 3,
                               .shm_segsz = 1024,
                               .uid = 1,
                               .gid = 2,
                               .cuid = 4,
                               .cgid = 5,
                               .mode = Mode{0660},
                               .shm_atime = 6,
                               .shm_dtime = 7,
                               .shm_ctime = 8,
                               .shm_cpid = 9,
                               .shm_lpid = 10,
                               .shm_nattch = 11,
                               .marked = true,
                               .locked = false};

bool holds(std::string_view text, const SegmentStat* segment = &kSegment) {
  const Result<Condition> condition = Condition::parse(text);
  EXPECT_TRUE(condition) << text << ": " << (condition ? "" : condition.error().message);
  return condition && condition->holds(segment);
}

TEST(Condition, ComparesEachFieldOfStatByBothNames) {
  for (const char* text : {"shm_key==5679", "shm_shmid==3", "shm_segsz==1024", "uid==1", "gid==2", "cuid==4", "cgid==5",
                           "mode==660", "shm_atime==6", "shm_dtime==7", "shm_ctime==8", "shm_cpid==9", "shm_lpid==10",
                           "shm_nattch==11", "marked==1", "locked==0"}) {
    EXPECT_TRUE(holds(text)) << text;
    const std::string_view name(text);
    if (name.starts_with("shm_")) {
      EXPECT_TRUE(holds(name.substr(4))) << text;
    }
  }
}

TEST(Condition, KnowsSixComparisons) {
  for (const char* text : {"nattch==11", "nattch!=12", "nattch<12", "nattch<=11", "nattch>10", "nattch>=11"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  for (const char* text : {"nattch==12", "nattch!=11", "nattch<11", "nattch<=10", "nattch>11", "nattch>=12"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
}

TEST(Condition, TakesValuesAsPeopleWriteThem) {
  EXPECT_TRUE(holds("mode==0660"));
  EXPECT_FALSE(holds("mode==666"));
  EXPECT_TRUE(holds("key == 0x162f"));
  EXPECT_TRUE(holds("marked==yes"));
  EXPECT_TRUE(holds("locked==no"));
  EXPECT_TRUE(holds("segsz<18446744073709551615"));
}

TEST(Condition, OfSeveralPartsHoldsIfAllDo) {
  EXPECT_TRUE(holds(" nattch >= 1&&mode==660 && exists "));
  EXPECT_FALSE(holds("nattch>=1 && mode==600"));
}

TEST(Condition, ExistsAndGoneAskWhetherThereIsOne) {
  EXPECT_TRUE(holds("exists"));
  EXPECT_FALSE(holds("exists", nullptr));
  EXPECT_FALSE(holds("gone"));
  EXPECT_TRUE(holds("gone", nullptr));
  EXPECT_FALSE(holds("nattch==0", nullptr));
  EXPECT_FALSE(holds("nattch!=1", nullptr));
}

TEST(Condition, NamesWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> wrong{
      {"", "is empty"},
      {"  ", "is empty"},
      {"nattch>=1 &&", "no condition on one side"},
      {"&& exists", "no condition on one side"},
      {"attached>=1", "'attached'"},
      {">=1", "'' is not a field"},
      {"nattch", "'nattch' has nothing to be compared with"},
      {"nattch=1", "write == for equal"},
      {"nattch=>1", "'nattch=>1'"},
      {"nattch>=", "'' is not a value of shm_nattch"},
      {"nattch>=-1", "'-1'"},
      {"nattch>=1x", "'1x'"},
      {"nattch>=1 || exists", "'1 || exists'"},
      {"nattch===1", "'=1'"},
      {"nattch>=99999999999999999999", "'99999999999999999999'"},
      {"key==0x", "'0x'"},
      {"mode==888", "'888' is not a value of mode"},
      {"mode==rw", "three octal digits"},
      {"mode==1777", "'1777'"},
      {"marked==2", "'2' is not a value of marked"},
      {"marked", "'marked' has nothing to be compared with"},
      {"gone && nattch==0", "'gone' cannot be combined"},
      {"exists && gone", "'gone' cannot be combined"},
      {"shm_mode==600", "'shm_mode'"},
  };
  for (const auto& [text, part] : wrong) {
    const Result<Condition> condition = Condition::parse(text);
    ASSERT_FALSE(condition) << text;
    EXPECT_EQ(condition.error().code, ErrorCode::kBadRequest);
    EXPECT_THAT(condition.error().message, HasSubstr(part)) << text;
    EXPECT_FALSE(condition.error().hint.empty());
  }
}

}  // namespace
}  // namespace shmbus
