#include "protocol/codec/unpack.hpp"

#include <gtest/gtest.h>

#include "protocol/codec/values.hpp"
#include "protocol/limits.hpp"

namespace shmbus::codec {
namespace {

std::string of(std::initializer_list<int> bytes) { return {bytes.begin(), bytes.end()}; }

// Every type of the msgpack specification in its shortest form, so that packing gives the same bytes again.
const std::vector<std::string> kValues{
    of({0xc0}),                                                            // nil
    of({0xc2}),                                                            // false
    of({0xc3}),                                                            // true
    of({0x7f}),                                                            // positive fixint
    of({0xcc, 0xff}),                                                      // uint 8
    of({0xcd, 0xff, 0xff}),                                                // uint 16
    of({0xce, 0xff, 0xff, 0xff, 0xff}),                                    // uint 32
    of({0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),            // uint 64
    of({0xe0}),                                                            // negative fixint
    of({0xd0, 0x80}),                                                      // int 8
    of({0xd1, 0x80, 0x00}),                                                // int 16
    of({0xd2, 0x80, 0x00, 0x00, 0x00}),                                    // int 32
    of({0xd3, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}),            // int 64
    of({0xca, 0x3f, 0xc0, 0x00, 0x00}),                                    // float 32
    of({0xcb, 0x3f, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}),            // float 64
    of({0xa0}),                                                            // fixstr
    of({0xa3}) + "abc",                                                    //
    of({0xd9, 0xff}) + std::string(255, 's'),                              // str 8
    of({0xda, 0x01, 0x00}) + std::string(256, 's'),                        // str 16
    of({0xc4, 0x02}) + "ab",                                               // bin 8
    of({0xd4, 0x05}) + "x",                                                // fixext 1
    of({0xc7, 0x03, 0x05}) + "xyz",                                        // ext 8
    of({0x90}),                                                            // fixarray
    of({0x93, 0x01, 0x91, 0xc0, 0x02}),                                    // one in another
    of({0xdc, 0x00, 0x10}) + std::string(16, '\x01'),                      // array 16
    of({0x80}),                                                            // fixmap
    of({0x82, 0xa1, 'a', 0x81, 0x01, 0x90, 0xa1, 'b', 0x92, 0x80, 0xc3}),  // maps and arrays in a map
};

TEST(Unpacking, GivesEachTypeAsItIs) {
  for (const std::string& value : kValues) {
    const auto unpacked = unpack_answer(value);
    ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
    EXPECT_EQ(packed(unpacked->object), value);
  }
}

TEST(Unpacking, GivesMoreThanOneChunkOfMemoryHolds) {
  std::string all = of({0xdc, 0x27, 0x10});  // array 16 of 10 000
  for (std::size_t i = 0; i < 10'000; ++i) {
    all += kValues[i % kValues.size()];
  }
  const auto unpacked = unpack_answer(all);
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
  EXPECT_EQ(packed(unpacked->object), all);
}

TEST(Unpacking, StopsAfterTheFirstObject) {
  const std::string two = of({0x01, 0x02});
  const auto unpacked = unpack_request(two);
  ASSERT_TRUE(unpacked.ok());
  EXPECT_EQ(unpacked->object.via.u64, 1U);
  EXPECT_EQ(unpacked->trailing_bytes, 1U);
  EXPECT_FALSE(unpack_answer(two).ok());
}

TEST(Unpacking, HasALimitForEachSize) {
  const auto refused = [](const std::string& frame) {
    const auto unpacked = unpack_request(frame);
    return unpacked.ok() ? std::string() : unpacked.error().message;
  };
  const std::size_t deepest = limits::kMaxRequestDepth;
  EXPECT_EQ(refused(std::string(deepest, '\x91') + "\x01"), "");
  EXPECT_EQ(refused(std::string(deepest + 1, '\x91') + "\x01"), "the message is nested more than 8 levels deep");
  EXPECT_EQ(refused(of({0xde, 0x01, 0x00}) + std::string(512, '\x01')), "");  // map 16 of 256
  EXPECT_NE(refused(of({0xde, 0x01, 0x01}) + std::string(514, '\x01')).find("too large"), std::string::npos);
  EXPECT_EQ(refused(of({0xdc, 0x40, 0x00}) + std::string(16384, '\x01')), "");  // array 16
  EXPECT_NE(refused(of({0xdc, 0x40, 0x01}) + std::string(16385, '\x01')).find("too large"), std::string::npos);
}

}  // namespace
}  // namespace shmbus::codec
