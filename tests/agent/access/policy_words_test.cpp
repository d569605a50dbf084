#include "agent/access/policy_words.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

TEST(AUser, IsInItsGroups) {
  const Result<Identity> root = user_named("root");
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->uid, 0U);
  EXPECT_EQ(root->gid, 0U);
  ASSERT_FALSE(root->groups.empty());
  EXPECT_EQ(user_with(0), *root);
}

TEST(AUser, MayBeUnknownToTheNameService) {
  EXPECT_EQ(user_with(1234567), Identity{.uid = 1234567});
  EXPECT_EQ(user_named("1234567").error().hint, "for a numeric id, write uid:1234567");
  EXPECT_FALSE(user_named("").ok());
  EXPECT_FALSE(user_named(std::string("root\0x", 6)).ok());
  EXPECT_FALSE(group_named(std::string("root\0x", 6)).ok());
}

TEST(AnOperation, OutlivesTheWordThatNamesIt) {
  std::string_view name;
  {
    const std::string word = "stat";
    name = operation_from(word).value();
    EXPECT_NE(name.data(), word.data());
  }
  EXPECT_EQ(name, "stat");
  EXPECT_EQ(operation_from("sat").error().hint,
            "known operations: create, attach, detach, stat, set, remove, read, write, list, events, info, ping");
}

}  // namespace
}  // namespace shmbus::agent
