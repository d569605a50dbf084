#include "protocol/mode.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

TEST(AMode, IsWrittenAsOctalDigits) {
  EXPECT_EQ(mode_digits(Mode{0660}), 660U);
  EXPECT_EQ(mode_digits(Mode{0}), 0U);
  EXPECT_EQ(mode_letters(Mode{0664}), "rw-rw-r--");
}

TEST(AMode, IsReadFromEveryTextThatSpellsIt) {
  for (std::uint16_t bits = 0; bits <= kModeBits; ++bits) {
    const auto mode = mode_from_text(std::to_string(mode_digits(Mode{bits})));
    ASSERT_TRUE(mode.ok());
    EXPECT_EQ(*mode, Mode{bits});
  }
  EXPECT_EQ(*mode_from_text("0666"), Mode{0666});
  for (const char* const wrong : {"", "8", "66x", "1000", "00666", "-1", " 666"}) {
    EXPECT_FALSE(mode_from_text(wrong).ok()) << wrong;
  }
  EXPECT_NE(mode_from_text("0o660").error().hint.find("\"660\""), std::string::npos);
}

TEST(AMode, IsNotTakenFromABitMaskTypedByMistake) {
  EXPECT_EQ(*mode_from_number(666), Mode{0666});
  EXPECT_EQ(*mode_from_number(0), Mode{0});
  EXPECT_NE(mode_from_number(0660).error().hint.find("write 660"), std::string::npos);
  EXPECT_NE(mode_from_number(0777).error().hint.find("write 777"), std::string::npos);
  EXPECT_NE(mode_from_number(432).error().hint.find("\"432\""), std::string::npos);
  for (const std::int64_t wrong :
       {std::int64_t{-1}, std::int64_t{8}, std::int64_t{778}, std::int64_t{1000}, INT64_MAX}) {
    EXPECT_EQ(mode_from_number(wrong).error().code, ErrorCode::kBadRequest);
  }
}

}  // namespace
}  // namespace shmbus
