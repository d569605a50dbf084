#include "protocol/codec/values.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/protocol/decoded.hpp"

namespace shmbus {
namespace {

TEST(AWrite, TakesBytesAndTextInEitherFormat) {
  const auto write = [](const std::string& data, bool text) {
    return request("write", with(with(kKey, "data", data), "text", flag(text)));
  };
  EXPECT_EQ(accepted<WriteRequest>(write(str("\xff"), false)).data, "\xff");
  EXPECT_EQ(accepted<WriteRequest>(write(bin("x"), true)).data, "x");
  EXPECT_EQ(refused(write(bin("\xff"), true)).code, ErrorCode::kNotText);
  EXPECT_EQ(refused(write(str("\xff"), true)).code, ErrorCode::kNotText);
}

TEST(AValue, CountsHoweverALibraryWritesIt) {
  const auto attach = [](const std::string& key, const std::string& lease) {
    return accepted<AttachRequest>(request("attach", {{"shm_key", key}, {"lease_ms", lease}}));
  };
  for (const std::string& key : {num(5679), neg(5679), f64(5679), f32(5679), str("5679"), bin("0x162f"),
                                 std::string("\xd1\x16\x2f"), std::string("\xcd\x16\x2f")}) {
    EXPECT_EQ(attach(key, num(1)).segment.shm_key, 5679U);
  }
  EXPECT_EQ(attach(f64(-1), num(1)).segment.shm_key, 4294967295U);
  EXPECT_EQ(attach(num(5679), f64(86400000)).lease_ms, 86400000U);
  EXPECT_EQ(accepted<CreateRequest>(request("create", with(kKey, "shm_segsz", f64(9007199254740992.0)))).shm_segsz,
            std::uint64_t{1} << 53U);
  for (const double wrong : {5679.5, -0.5, 9007199254740994.0, 1e300, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
    expect_bad(request("stat", {{"shm_key", f64(wrong)}}), "shm_key: ");
  }
  EXPECT_EQ(accepted<SetRequest>(request("set", with(kKey, "mode", bin("0660")))).mode, Mode{0660});
  EXPECT_EQ(accepted<SetRequest>(request("set", with(kKey, "mode", f64(660)))).mode, Mode{0660});
  EXPECT_NE(refused(request("set", with(kKey, "mode", f64(432)))).hint.find("660"), std::string::npos);
}

TEST(AName, MayBeBinButIsThereOnce) {
  const std::string all_bin = "\x82" + bin("shm_key") + num(5679) + bin("op") + bin("stat");
  EXPECT_EQ(accepted<StatRequest>(all_bin).segment.shm_key, 5679U);
  expect_bad("\x83" + bin("id") + num(1) + str("op") + str("ping") + str("id") + num(2), "\"id\" appears twice");
  expect_bad("\x82" + str("op") + str("ping") + bin("\xff") + nil(), "field names are strings");
}

TEST(Nil, IsAsIfTheFieldWereNotThere) {
  EXPECT_FALSE(accepted<StatRequest>(request("stat", with(kKey, "shm_shmid", nil()))).segment.shm_shmid);
  EXPECT_EQ(accepted<AttachRequest>(request("attach", with(kKey, "lease_ms", nil()))).lease_ms,
            limits::kDefaultLeaseMs);
  EXPECT_EQ(decode_request(request("ping", {{"id", nil()}})).id, RequestId());
  expect_bad(request("create", with(kKey, "shm_segsz", nil())), "shm_segsz: missing");
  expect_bad(map({{"op", nil()}}), "op: missing");
  expect_bad(request("stat", with(kKey, "colour", nil())), "no field \"colour\"");
  expect_bad(request("stat", with(with(kKey, "shm_shmid", nil()), "shm_shmid", num(1))), "appears twice");
}

TEST(AnId, ComesBackInItsOwnType) {
  const auto id = [](const std::string& value) { return decode_request(request("ping", {{"id", value}})).id; };
  EXPECT_EQ(id(neg(77)), RequestId(std::uint64_t{77}));
  EXPECT_EQ(id(f64(77)), RequestId(std::uint64_t{77}));
  EXPECT_EQ(id(f64(-77)), RequestId(std::int64_t{-77}));
  EXPECT_EQ(id(neg(INT64_MIN)), RequestId(INT64_MIN));
  EXPECT_EQ(id(bin("mine")), RequestId(BinText{"mine"}));
  EXPECT_EQ(id(str("mine")), RequestId(std::string("mine")));
  expect_bad(request("ping", {{"id", bin("\xff")}}), "id: ");
  expect_bad(request("ping", {{"id", f64(0.5)}}), "id: ");
}

}  // namespace
}  // namespace shmbus
