#include "protocol/text.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

TEST(Utf8, IsWellFormedOrNot) {
  for (const char* const good : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
  for (const char* const bad : {"\x80", "\xff", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                "\xe2\x82", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(ForeignBytes, AreEscaped) {
  EXPECT_EQ(escape_foreign("a\xff"
                           "b\xc3\xa4"),
            "a\\xffb\xc3\xa4");
  EXPECT_EQ(escape_foreign("\xe2\x82"), "\\xe2\\x82");
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_TRUE(is_utf8(escape_foreign(std::string(2, static_cast<char>(byte)))));
  }
}

TEST(ATerminal, GetsNoControlCharacters) {
  EXPECT_EQ(escape_for_terminal("a\x1b[2J\n\x7f"), "a\\x1b[2J\\x0a\\x7f");
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(escape_for_terminal("\xc3\xa4"), "\xc3\xa4");
}

}  // namespace
}  // namespace shmbus
