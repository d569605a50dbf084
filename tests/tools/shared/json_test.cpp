#include "tools/shared/json.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

TEST(Json, CarriesBytesAsBase64BothWays) {
  const std::string bytes("\x00\xff\x10z", 4);
  const Json document{{"op", "write"}, {"data_base64", to_base64(bytes)}};
  const Result<std::string> packed = msgpack_from_json(document);
  ASSERT_TRUE(packed.ok());
  EXPECT_NE(packed->find("\xa4"
                         "data\xc4\x04" +
                         bytes),
            std::string::npos);
  const Result<Json> back = json_from_msgpack(*packed);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, document);
}

TEST(Json, ReadsBase64OfEveryLength) {
  for (const std::string bytes : {"", "a", "ab", "abc", "abcd"}) {
    const Result<std::string> back = from_base64(to_base64(bytes));
    ASSERT_TRUE(back.ok()) << bytes;
    EXPECT_EQ(*back, bytes);
  }
  EXPECT_EQ(to_base64("ab"), "YWI=");
  for (const char* wrong : {"YWI", "YW=I", "YW*=", "===="}) {
    EXPECT_FALSE(from_base64(wrong).ok()) << wrong;
  }
}

TEST(Json, RefusesDataTwiceAndBadBase64) {
  EXPECT_FALSE(msgpack_from_json({{"data", "x"}, {"data_base64", "eA=="}}).ok());
  EXPECT_FALSE(msgpack_from_json({{"data_base64", "?"}}).ok());
  EXPECT_FALSE(msgpack_from_json({{"data_base64", 7}}).ok());
}

TEST(Json, RefusesWhatCannotBeSentAsItStands) {
  EXPECT_TRUE(parse_json(R"({"op":"stat","a":[{"op":1},{"op":2}]})").ok());
  EXPECT_EQ(parse_json("{").error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(parse_json(R"({"op":"stat","op":"list"})").error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(parse_json(std::string(100000, '[')).error().code, ErrorCode::kBadRequest);
}

TEST(Json, KeepsTheOrderOfFields) { EXPECT_EQ(to_line(*parse_json(R"({"z":1, "a":2})")), R"({"z":1,"a":2})"); }

TEST(Json, WritesAnErrorAsTheAgentWould) {
  EXPECT_EQ(
      to_line(json_of({ErrorCode::kNotFound, "gone", "look", 22})),
      R"({"ok":false,"error":{"code":"not_found","errno":22,"errno_name":"EINVAL","message":"gone","hint":"look"}})");
}

}  // namespace
}  // namespace shmbus
