#include "tools/send/content_hash.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

TEST(AContentHash, IsThatOfXxhsumHoweverTheBytesCome) {
  ContentHash hash;
  EXPECT_EQ(hash.hex(), "99aa06d3014798d86001c324468d497f");
  hash.add("test");
  hash.add("");
  hash.add("data2");
  ContentHash at_once;
  at_once.add("testdata2");
  EXPECT_EQ(hash.hex(), at_once.hex());
  EXPECT_NE(hash.hex(), "99aa06d3014798d86001c324468d497f");
}

}  // namespace
}  // namespace shmbus
