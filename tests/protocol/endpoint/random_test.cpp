#include "protocol/endpoint/random.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocol/limits.hpp"

namespace shmbus {
namespace {

TEST(Random, NumbersAreFrom1To2To53AndDiffer) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t number = random_53_bits();
    EXPECT_GE(number, 1U);
    EXPECT_LE(number, limits::kMaxEpoch);
    seen.insert(number);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Random, HexHasTwoDigitsAByte) {
  const std::string hex = random_hex(16);
  EXPECT_EQ(hex.size(), 32U);
  EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(hex, random_hex(16));
}

TEST(Random, AUuidIsOneOfVersion4) {
  const std::string uuid = random_uuid();
  ASSERT_EQ(uuid.size(), 36U);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
    EXPECT_EQ(uuid[dash], '-') << uuid;
  }
  EXPECT_EQ(uuid[14], '4') << uuid;
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
}

}  // namespace
}  // namespace shmbus
