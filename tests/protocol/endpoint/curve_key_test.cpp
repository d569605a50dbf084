#include "protocol/endpoint/curve_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shmbus {
namespace {

using testing::HasSubstr;
using testing::Not;

// The key that RFC 26 shows, and two that look like none.
const std::string kKey = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
const std::string kOther = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";

TEST(ACurveKey, IsFortyCharactersForThirtyTwoBytes) {
  EXPECT_TRUE(is_curve_key(kKey));
  EXPECT_TRUE(is_curve_key(kOther));
  EXPECT_TRUE(is_curve_key(std::string(40, '0')));
  for (const std::string& wrong :
       {std::string(), kKey.substr(1), kKey + "0", "\"" + kKey.substr(1), " " + kKey.substr(1), std::string(40, '#')}) {
    EXPECT_FALSE(is_curve_key(wrong)) << wrong;
  }
}

TEST(ACurveKey, HasOneSpelling) {
  const std::string rest(35, '0');
  EXPECT_TRUE(is_curve_key("%nSc0" + rest)) << "2^32 - 1";
  EXPECT_FALSE(is_curve_key("%nSc1" + rest)) << "2^32 would be 0 again";
}

TEST(ACurveKey, IsWrittenAsRfc32Says) {
  EXPECT_EQ(curve_key_of("\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b"), "HelloWorld");
  EXPECT_EQ(curve_key_of(std::string(32, '\xff')), "%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0");
}

TEST(AKeyName, HasLettersDigitsAndThreeSigns) {
  for (const std::string& name : {std::string("a"), std::string("Ada.L_1-2"), std::string(64, 'x')}) {
    EXPECT_TRUE(is_key_name(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string(65, 'x'), std::string("a/b"), std::string("a b"), std::string("\xc3\xa4")}) {
    EXPECT_FALSE(is_key_name(name)) << name;
  }
}

TEST(AKeyFile, IsReadAsItWasWritten) {
  EXPECT_EQ(*parse_public_key(public_key_file("ada", kKey), "f"), kKey);
  const CurvePair pair{kKey, kOther};
  EXPECT_EQ(*parse_key_pair(key_pair_file("ada", pair), "f"), pair);
  EXPECT_THAT(public_key_file("ada", kKey), Not(HasSubstr("secret")));
}

TEST(AKeyFile, MayHaveCommentsAndBlankLines) {
  EXPECT_EQ(*parse_public_key("# of ada\n\n \t\r\n  " + kKey + " \r\n# end", "f"), kKey);
  EXPECT_EQ(parse_key_pair("\n#\nsecret\t" + kOther + "\npublic  " + kKey, "f")->secret_key, kOther);
}

TEST(AKeyFile, ThatIsWrongIsToldWithItsLineButNotItsContent) {
  const std::string line = kKey + "\n";
  for (const auto& [content, told] : std::vector<std::pair<std::string, std::string>>{
           {"", "no public key"},
           {"# nothing\n", "no public key"},
           {"\n" + kKey.substr(1), "f, line 2: expected a public key of 40"},
           {"secret " + line, "f, line 1: expected a public key of 40"},
           {line + line, "f, line 2: a second key"},
           {kKey + " # ada\n", "f, line 1"}}) {
    const Result<std::string> key = parse_public_key(content, "f");
    ASSERT_FALSE(key) << content;
    EXPECT_EQ(key.error().code, ErrorCode::kBadRequest);
    EXPECT_THAT(key.error().message, HasSubstr(told));
    EXPECT_THAT(key.error().message, Not(HasSubstr(kKey.substr(1))));
  }
}

TEST(AKeyFile, OfAPairHasBothOnce) {
  const std::string pub = "public " + kKey + "\n";
  const std::string sec = "secret " + kOther + "\n";
  for (const auto& [content, told] :
       std::vector<std::pair<std::string, std::string>>{{"", "no secret key"},
                                                        {pub, "no secret key"},
                                                        {sec, "no public key"},
                                                        {pub + sec + sec, "f, line 3: a second secret key"},
                                                        {pub + "secret x\n", "f, line 2"},
                                                        {pub + "secret\n", "f, line 2"},
                                                        {"private " + kOther + "\n", "f, line 1"},
                                                        {kKey + "\n", "f, line 1"}}) {
    const Result<CurvePair> pair = parse_key_pair(content, "f");
    ASSERT_FALSE(pair) << content;
    EXPECT_THAT(pair.error().message, HasSubstr(told));
    EXPECT_THAT(pair.error().message, Not(HasSubstr(kOther)));
  }
}

}  // namespace
}  // namespace shmbus
