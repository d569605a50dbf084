#include "agent/access/subscriptions.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

constexpr std::size_t kBeside = Subscriptions::kBytesBeside;

std::string process(int uid, int pid = 1) { return "localhost:" + std::to_string(uid) + ":0:" + std::to_string(pid); }

TEST(Subscriptions, CountWhatIsAlive) {
  Subscriptions all(1000);
  EXPECT_TRUE(all.empty());
  EXPECT_FALSE(all.began(process(1), "shm/"));
  EXPECT_FALSE(all.began(process(2), "shm/"));
  EXPECT_FALSE(all.began(process(1), ""));
  EXPECT_EQ(all.bytes(), 8 + 3 * kBeside);
  all.ended(process(1), "shm/");
  all.ended("", "shm/");  // with the connection of the other
  EXPECT_EQ(all.bytes(), kBeside);
  EXPECT_FALSE(all.empty());
  all.ended("", "");
  EXPECT_TRUE(all.empty());
  EXPECT_EQ(all.bytes(), 0U);
}

TEST(Subscriptions, NobodyEndsAnothersOrOneThatIsNotThere) {
  Subscriptions all(1000);
  EXPECT_FALSE(all.began(process(1), "shm/"));
  all.ended(process(2), "shm/");
  all.ended(process(1, 2), "shm/");
  all.ended(process(1), "shm/5679/");
  EXPECT_EQ(all.bytes(), 4 + kBeside);
}

TEST(Subscriptions, TellWhoHasMostWhoeverCameLast) {
  Subscriptions all(10 * (kBeside + 1));
  for (char topic = 'a'; topic <= 'f'; ++topic) {
    EXPECT_FALSE(all.began(process(1, topic), std::string(1, topic)));  // six processes of one user
  }
  for (char topic = 'a'; topic <= 'd'; ++topic) {
    EXPECT_FALSE(all.began(process(2), std::string(1, topic)));
  }
  EXPECT_EQ(all.began(process(2), "e"), "uid:1");
}

TEST(Subscriptions, TellAgainOnlyAfterAsMuchAgainOrWhenTheBoundWasKept) {
  Subscriptions all(2 * kBeside);
  EXPECT_FALSE(all.began("ada", ""));
  EXPECT_FALSE(all.began("ada", ""));
  EXPECT_EQ(all.began("ada", ""), "ada");
  EXPECT_FALSE(all.began("bob", ""));
  EXPECT_FALSE(all.began("bob", ""));
  EXPECT_EQ(all.began("ada", ""), "ada");
  for (int i = 0; i < 5; ++i) {
    all.ended("", "");
  }
  EXPECT_FALSE(all.began("bob", ""));
  EXPECT_EQ(all.began("bob", ""), "bob");
}

}  // namespace
}  // namespace shmbus::agent
