#include "tools/watch/wait.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

constexpr Key kKey = 5679;

class Waiting : public testing::Test {
 protected:
  bool holds(const char* condition) {
    options.wait = *Condition::parse(condition);
    return holds_now(options, table);
  }

  SegmentTable table;
  WatchOptions options;
};

TEST_F(Waiting, LooksAtTheSegmentsNamedAlone) {
  table.reset({.segments = {{.shm_key = kKey, .shm_shmid = 3, .shm_nattch = 1},
                            {.shm_key = 7, .shm_shmid = 4, .shm_nattch = 2}}});
  options.shm_shmid = 3;
  EXPECT_TRUE(holds("nattch==1"));
  EXPECT_FALSE(holds("nattch==2"));
  EXPECT_FALSE(holds("gone"));
  options.shm_key = 7;
  EXPECT_TRUE(holds("gone")) << "there is none with this id and this key";
  EXPECT_FALSE(holds("exists"));
  options.shm_shmid = 4;
  EXPECT_TRUE(holds("exists"));
}

TEST_F(Waiting, OfSeveralWithTheKeyOneIsEnoughButEachForItself) {
  table.reset({.segments = {{.shm_key = kKey, .shm_shmid = 3, .shm_nattch = 1, .marked = true},
                            {.shm_key = kKey, .shm_shmid = 4}}});
  options.shm_key = kKey;
  EXPECT_TRUE(holds("marked==1"));
  EXPECT_TRUE(holds("marked==0"));
  EXPECT_FALSE(holds("marked==0 && nattch==1"));
  EXPECT_FALSE(holds("gone"));
  table.reset({});
  EXPECT_TRUE(holds("gone"));
  EXPECT_FALSE(holds("marked==0"));
}

}  // namespace
}  // namespace shmbus
