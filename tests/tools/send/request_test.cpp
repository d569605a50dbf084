#include "tools/send/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "protocol/limits.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tools/send/data.hpp"

namespace shmbus {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class BuildRequest : public testing::Test {
 protected:
  static SendOptions options(const std::string& command, decltype(SendOptions::values) values = {}) {
    SendOptions made;
    made.command = command;
    made.values = std::move(values);
    return made;
  }

  static Result<Json> request_of(SendOptions options) {
    const Result<DataFile> data = take_data_file(options);
    return data ? build_request(options) : data.error();
  }

  static Json built(const SendOptions& options) {
    const Result<Json> request = request_of(options);
    if (!request) {
      ADD_FAILURE() << request.error().message;
      return {};
    }
    return *request;
  }
  static Error refused(const SendOptions& options) {
    const Result<Json> request = request_of(options);
    if (request) {
      ADD_FAILURE() << to_line(*request);
      return {};
    }
    return request.error();
  }

  [[nodiscard]] std::string file(const std::string& contents) const {
    std::ofstream(directory.file("input"), std::ios::binary) << contents;
    return directory.file("input");
  }

  const TemporaryDirectory directory;
};

TEST_F(BuildRequest, NumbersAreNumbersAndTheRestIsTheDecodersToJudge) {
  const Json request = built(options("events", {{"since", "9223372036854775807"}, {"limit", "-1"}, {"id", "7x"}}));
  EXPECT_EQ(request["since"], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(request["limit"], -1);
  EXPECT_EQ(request["id"], "7x");
  EXPECT_EQ(built(options("events", {{"since", "1.5"}}))["since"], "1.5");
  EXPECT_EQ(built(options("events", {{"since", ""}}))["since"], "");
  EXPECT_EQ(built(options("events", {{"since", " 1"}}))["since"], " 1");
  EXPECT_EQ(built(options("ping", {{"id", "007"}}))["id"], "007");
}

TEST_F(BuildRequest, OffsetsAndLengthsAreSizes) {
  const Json request = built(options("read", {{"offset", "18446744073709551615"}, {"length", "4K"}}));
  EXPECT_EQ(request["offset"], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(request["length"], 4096);
  EXPECT_EQ(refused(options("read", {{"offset", "x"}})).code, ErrorCode::kBadRequest);
}

TEST_F(BuildRequest, ThePrivateKeyIsZeroWhereItSelects) {
  EXPECT_EQ(built(options("list", {{"shm_key", "private"}}))["shm_key"], 0);
}

TEST_F(BuildRequest, MoreThanOneWriteCanTakeIsTooLarge) {
  SendOptions write = options("write", {{"shm_key", "1"}});
  write.data_file = file(std::string(limits::kMaxDataBytes + 1, 'x'));
  write.flags = {"text"};
  EXPECT_EQ(refused(write).code, ErrorCode::kTooLarge);
}

TEST_F(BuildRequest, NamesAndModesStayAsTheyWereTyped) {
  const Json request = built(options("create", {{"shm_key", "private"}, {"shm_segsz", "1"}, {"mode", "0660"}}));
  EXPECT_EQ(request["shm_key"], "private");
  EXPECT_EQ(request["mode"], "0660");
}

TEST_F(BuildRequest, FlagsTurnTheirDefaultsRound) {
  SendOptions create = options("create", {{"shm_key", "1"}, {"shm_segsz", "1"}});
  create.flags = {"exclusive"};
  EXPECT_EQ(built(create)["exclusive"], true);
  SendOptions batch = options("batch");
  batch.input = "/dev/null";
  EXPECT_FALSE(built(batch).contains("stop_on_error"));
}

TEST_F(BuildRequest, ALeaseIsGivenInSeconds) {
  EXPECT_EQ(built(options("attach", {{"lease_ms", "0.0005"}}))["lease_ms"], 1);
  EXPECT_EQ(built(options("attach", {{"lease_ms", "0"}}))["lease_ms"], 0);
  EXPECT_EQ(built(options("attach", {{"lease_ms", "86400"}}))["lease_ms"], 86'400'000);
  for (const char* wrong : {"", "soon", "1s", "-1", "nan", "inf", "1e300"}) {
    const Error error = refused(options("attach", {{"lease_ms", wrong}}));
    EXPECT_EQ(error.code, ErrorCode::kBadRequest);
    EXPECT_THAT(error.message, AllOf(StartsWith("--lease: "), HasSubstr("'" + std::string(wrong) + "'")));
  }
}

TEST_F(BuildRequest, OwnersMayBeNames) {
  EXPECT_EQ(built(options("set", {{"uid", "root"}, {"gid", "root"}})), Json::parse(R"({"op":"set","gid":0,"uid":0})"));
  EXPECT_EQ(built(options("set", {{"uid", "4294967294"}}))["uid"], 4294967294U);
  EXPECT_THAT(refused(options("set", {{"gid", "no such group"}})).message,
              AllOf(StartsWith("--gid: "), HasSubstr("unknown group 'no such group'")));
}

TEST_F(BuildRequest, AnOptionThatIsNotUtf8IsRefusedAndNamed) {
  const Error error = refused(options("stat", {{"shm_key", "\xff"}}));
  EXPECT_EQ(error.code, ErrorCode::kBadRequest);
  EXPECT_THAT(error.message, StartsWith("--key: "));
}

TEST_F(BuildRequest, DataAreBytesUnlessTheyAreCalledText) {
  SendOptions write = options("write", {{"data", "a\xff"}});
  EXPECT_EQ(built(write)["data"], Json::binary({'a', 0xff}));
  write.flags = {"text"};
  EXPECT_EQ(refused(write).code, ErrorCode::kNotText);
  write.values["data"] = "gr\xc3\xbc\xc3\x9f";
  EXPECT_EQ(built(write)["data"], "gr\xc3\xbc\xc3\x9f");
}

TEST_F(BuildRequest, DataComeFromAFileAsTheyAre) {
  const std::string bytes("one\r\ntwo\0\n", 10);
  SendOptions write = options("write", {{"shm_key", "1"}});
  write.data_file = file(bytes);
  EXPECT_EQ(built(write)["data"], Json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end())));
  write.flags = {"text"};
  EXPECT_EQ(built(write)["data"], bytes);
  write.data_file = file("\xff");
  EXPECT_EQ(refused(write).code, ErrorCode::kNotText);
  write.data_file = file("");
  EXPECT_EQ(built(write)["data"], "");
}

TEST_F(BuildRequest, AFileThatCannotBeReadIsNamed) {
  const std::string missing = directory.file("missing");
  SendOptions write = options("write", {{"shm_key", "1"}});
  write.data_file = missing;
  SendOptions batch = options("batch");
  batch.input = missing;
  for (const SendOptions& each : {write, batch}) {
    const Error error = refused(each);
    EXPECT_EQ(error.code, ErrorCode::kBadRequest);
    EXPECT_THAT(error.message, HasSubstr(missing));
  }
}

TEST_F(BuildRequest, ABatchHasARequestPerLine) {
  SendOptions batch = options("batch");
  batch.input = file("{\"op\":\"ping\"}\n\n \t\r\n{\"op\":\"stat\",\"shm_key\":5679}\r\n[1]");
  EXPECT_EQ(to_line(built(batch)["requests"]), R"([{"op":"ping"},{"op":"stat","shm_key":5679},[1]])");
  batch.input = file("\n{\"op\":\"ping\"}\n{\"op\":");
  const Error error = refused(batch);
  EXPECT_EQ(error.code, ErrorCode::kBadRequest);
  EXPECT_THAT(error.message, StartsWith("line 3 of the batch: "));
}

TEST_F(BuildRequest, ARawRequestIsAnyJsonButJson) {
  SendOptions raw = options(kRawCommand);
  raw.input = R"( {"op":"create","shm_key":null,"new":[true]} )";
  EXPECT_EQ(to_line(built(raw)), R"({"op":"create","shm_key":null,"new":[true]})");
  for (const char* wrong : {"", "{", "{\"a\":1} x", "{\"a\":1,\"a\":2}"}) {
    raw.input = wrong;
    EXPECT_EQ(refused(raw).code, ErrorCode::kBadRequest) << wrong;
  }
}

TEST(ParseSize, EndsWhereSixtyFourBitsDo) {
  EXPECT_EQ(*parse_size("1g"), std::uint64_t{1} << 30);
  EXPECT_EQ(*parse_size("17179869183G"), std::uint64_t{17179869183} << 30);
  EXPECT_EQ(*parse_size("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const char* wrong : {"17179869184G", "18446744073709551616", "0x10", "1KB", "1 K", " 1", "+1", "KK"}) {
    const Result<std::uint64_t> size = parse_size(wrong);
    ASSERT_FALSE(size) << wrong;
    EXPECT_EQ(size.error().code, ErrorCode::kBadRequest);
    EXPECT_THAT(size.error().message, StartsWith("'" + std::string(wrong) + "' is not a number of bytes"));
  }
}

}  // namespace
}  // namespace shmbus
