#include "protocol/number.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace shmbus {
namespace {

TEST(ANumber, MayBeDecimalOrHexadecimal) {
  EXPECT_EQ(parse_decimal_or_hex("0"), 0U);
  EXPECT_EQ(parse_decimal_or_hex("0x162f"), 5679U);
  EXPECT_EQ(parse_decimal_or_hex("0X162F"), 5679U);
  EXPECT_EQ(parse_decimal_or_hex("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view text :
       {"", "0x", "-1", "+1", " 1", "1 ", "1a", "0x-1", "0x0x1", "18446744073709551616"}) {
    EXPECT_FALSE(parse_decimal_or_hex(text).has_value()) << text;
  }
}

TEST(ANumber, IsTheWholeTextAndFits) {
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535U);
  EXPECT_EQ(parse_number<std::int32_t>("-1"), -1);
  EXPECT_EQ(parse_number<std::uint32_t>("ff", 16), 255U);
  EXPECT_EQ(parse_number<double>("0.5"), 0.5);
  for (const std::string_view text : {"", "65536", "-1", "+1", " 1", "1 ", "1.0", "0x1"}) {
    EXPECT_FALSE(parse_number<std::uint16_t>(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace shmbus
