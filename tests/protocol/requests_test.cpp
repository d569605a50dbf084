#include "protocol/codec/requests.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/decoded.hpp"

namespace shmbus {
namespace {

TEST(ARequest, IsOneMapWithStringKeys) {
  expect_bad("", "is not a complete msgpack map");
  expect_bad(num(1), "map expected");
  expect_bad(array({}), "map expected");
  expect_bad("\xc1", "not msgpack");
  expect_bad(request("ping") + nil(), "1 bytes follow");
  expect_bad("\x81\x01\x02", "op: missing");
  expect_bad("\x82\x01\x02\xa2op\xa4ping", "field names are strings");
  expect_bad(map({{"op", str("ping")}, {"\xff", nil()}}), "\\xff");
}

TEST(ARequest, StaysWithinLimits) {
  expect_bad(std::string("\xdd\xff\x00\x00\x00", 5), "too large");
  expect_bad(std::string(1000, '\x91') + nil(), "more than 8 levels deep");
  expect_bad(request("ping", {{"id", "\xc7" + std::string("\x01\x05x", 3)}}), "ext");
  expect_bad(request("ping", {{"id", std::string("\xc7\x00\x05", 3)}}), "ext");
}

TEST(ARequest, KeepsItsIdBesideAnExtValue) {
  const DecodedRequest decoded = decode_request(request("ping", {{"x", "\xd4\x01x"}, {"id", num(7)}}));
  ASSERT_TRUE(std::holds_alternative<Error>(decoded.request));
  EXPECT_EQ(decoded.id, RequestId(std::uint64_t{7}));
}

TEST(ARequest, HasNoFieldTwiceAndNoneThatIsUnknown) {
  expect_bad(request("stat", with(kKey, "shm_key", num(5679))), "\"shm_key\" appears twice");
  expect_bad(request("stat", with(kKey, "sise", num(1))), "stat has no field \"sise\"");
  expect_bad(request("stat", with(kKey, "sise", "\xd4\x01x")), "stat has no field \"sise\"");
}

TEST(ARequest, NamesAKnownOperation) {
  expect_bad(map({}), "op: missing");
  expect_bad(map({{"op", num(1)}}), "op: string expected, got 1");
  const Error error = refused(request("sta\x1b[2J"));
  EXPECT_EQ(error.code, ErrorCode::kUnknownOp);
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  EXPECT_LT(refused(request(std::string(10000, 'x'))).message.size(), 100U);
}

TEST(ARequest, KeepsItsIdWhateverElseIsWrong) {
  const RequestId id = std::string("mine");
  EXPECT_EQ(decode_request(map({{"nonsense", nil()}, {"id", str("mine")}})).id, id);
  EXPECT_EQ(decode_request(map({{"id", str("mine")}, {"op", num(1)}, {"op", num(1)}})).id, id);
  EXPECT_EQ(decode_request(std::string("\x82\x01\x02") + str("id") + str("mine")).id, id);
  EXPECT_EQ(decode_request(map({{"id", num(7)}})).id, RequestId(std::uint64_t{7}));
  EXPECT_EQ(decode_request(map({{"id", neg(-7)}})).id, RequestId(std::int64_t{-7}));
  EXPECT_EQ(decode_request(map({{"id", num(7)}, {"id", num(7)}})).id, RequestId());
  EXPECT_EQ(decode_request(map({{"id", str(std::string(65, 'x'))}})).id, RequestId());
  expect_bad(request("ping", {{"id", array({})}}),
             "id: integer, or string of at most 64 bytes expected, got array of 0");
  expect_bad(request("ping", {{"id", str("\xff")}}), "id: ");
}

TEST(ARequest, HasFieldsOfTheirTypesAndRanges) {
  const auto lease = [](const std::string& value) { return request("attach", with(kKey, "lease_ms", value)); };
  EXPECT_EQ(accepted<AttachRequest>(lease(num(86400000))).lease_ms, 86400000U);
  expect_bad(lease(num(0)), "lease_ms: integer 1 to 86400000 expected, got 0");
  expect_bad(lease(num(86400001)), "got 86400001");
  expect_bad(lease(neg(-1)), "got -1");
  expect_bad(lease(str("1")), "got \"1\"");
  expect_bad(lease(f64(1.5)), "got a float");
  expect_bad(request("attach", with(kKey, "read_only", num(1))), "read_only: bool expected, got 1");
  expect_bad(request("set", with(kKey, "uid", num(4294967295))), "uid: ");
  expect_bad(request("ping", {{"epoch", str("1")}}), "epoch: ");
  expect_bad(request("list", {{"limit", num(10001)}}), "limit: ");
}

TEST(ARequest, LacksNoRequiredField) {
  expect_bad(request("create", {{"shm_segsz", num(1)}}), "shm_key: missing");
  expect_bad(request("create", kKey), "shm_segsz: missing");
  expect_bad(request("write", kKey), "data: missing");
  expect_bad(request("batch"), "requests: missing");
}

TEST(AKey, IsANumberOrTheSameAsAString) {
  const auto key = [](const std::string& value) {
    return accepted<StatRequest>(request("stat", {{"shm_key", value}})).segment.shm_key;
  };
  EXPECT_EQ(key(num(5679)), 5679U);
  EXPECT_EQ(key(num(4294967295)), 4294967295U);
  EXPECT_EQ(key(neg(-1)), 4294967295U);
  EXPECT_EQ(key(neg(-2147483648)), 2147483648U);
  EXPECT_EQ(key(str("5679")), 5679U);
  EXPECT_EQ(key(str("0x162f")), 5679U);
  EXPECT_EQ(key(str("-1")), 4294967295U);
  for (const std::string& wrong : {num(4294967296), neg(-2147483649), neg(INT64_MIN), str(""), str("x"), str("5679 "),
                                   str("0x"), str("--1"), str("private"), str("99999999999999999999"), flag(true)}) {
    expect_bad(request("stat", {{"shm_key", wrong}}), "shm_key: ");
  }
}

TEST(AKey, OfANewSegmentMayBePrivateButNotZero) {
  const auto create = [](const std::string& key) {
    return request("create", {{"shm_key", key}, {"shm_segsz", num(1)}});
  };
  EXPECT_EQ(accepted<CreateRequest>(create(str("private"))).shm_key, kPrivateKey);
  EXPECT_NE(refused(create(num(0))).hint.find("\"private\""), std::string::npos);
  EXPECT_NE(refused(create(str("0"))).hint.find("\"private\""), std::string::npos);
}

TEST(AKey, IsZeroOnlyBesideAShmidOrAsAFilter) {
  const Fields zero{{"shm_key", num(0)}};
  EXPECT_NE(refused(request("stat", zero)).hint.find("private"), std::string::npos);
  EXPECT_EQ(accepted<StatRequest>(request("stat", with(zero, "shm_shmid", num(0)))).segment.shm_shmid, 0);
  EXPECT_EQ(accepted<ListRequest>(request("list", zero)).shm_key, kPrivateKey);
  EXPECT_EQ(accepted<EventsRequest>(request("events", zero)).shm_key, kPrivateKey);
}

TEST(AShmid, IsANumberOrTheSameAsAString) {
  const auto stat = [](const std::string& value) { return request("stat", {{"shm_shmid", value}}); };
  EXPECT_EQ(accepted<StatRequest>(stat(str("0x10"))).segment.shm_shmid, 16);
  EXPECT_EQ(accepted<StatRequest>(stat(num(2147483647))).segment.shm_shmid, 2147483647);
  expect_bad(stat(num(2147483648)), "shm_shmid: ");
  expect_bad(stat(str("-1")), "shm_shmid: ");
}

TEST(AMode, IsReadAsOctalDigits) {
  const auto set = [](const std::string& value) { return request("set", with(kKey, "mode", value)); };
  EXPECT_EQ(accepted<SetRequest>(set(num(660))).mode, Mode{0660});
  EXPECT_EQ(accepted<SetRequest>(set(str("0660"))).mode, Mode{0660});
  EXPECT_EQ(accepted<SetRequest>(set(str("432"))).mode, Mode{0432});
  EXPECT_NE(refused(set(num(432))).hint.find("660"), std::string::npos);
  for (const std::string& wrong : {num(888), num(1000), num(UINT64_MAX), neg(-1), str("rw-"), str("88"), flag(true),
                                   str(std::string(100000, '\x1b')), str("0o" + std::string(100000, '0'))}) {
    const Error error = refused(set(wrong));
    EXPECT_EQ(error.code, ErrorCode::kBadRequest);
    EXPECT_TRUE(error.message.starts_with("mode: ")) << error.message;
    EXPECT_LT(error.message.size() + error.hint.size(), 400U);
    EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  }
}

TEST(ASegment, IsNamedWhereOneIsNeeded) {
  for (const char* const op : {"stat", "remove", "attach", "read", "detach"}) {
    expect_bad(request(op), "needs");
  }
  expect_bad(request("set", {{"mode", num(600)}}), "set needs");
  expect_bad(request("write", {{"data", bin("x")}}), "write needs attachment");
  expect_bad(request("read", with(kKey, "attachment", num(1))), "got both");
  expect_bad(request("detach", with(kKey, "attachment", num(1))), "got both");
  EXPECT_EQ(accepted<ReadRequest>(request("read", {{"attachment", num(9)}})).attachment, 9U);
}

TEST(ASet, ChangesAtLeastOneThing) { expect_bad(request("set", kKey), "at least one of uid, gid, mode"); }

TEST(AWrite, BorrowsItsDataFromTheFrame) {
  const std::string frame = request("write", with(kKey, "data", bin("abc")));
  const auto write = accepted<WriteRequest>(frame);
  EXPECT_EQ(write.data, "abc");
  EXPECT_GE(write.data.data(), frame.data());
  EXPECT_LT(write.data.data(), frame.data() + frame.size());
}

TEST(AWrite, IsBoundedWithTheNulOfText) {
  const auto write = [](const std::string& data, bool text) {
    return request("write", with(with(kKey, "data", data), "text", flag(text)));
  };
  const std::string most(limits::kMaxDataBytes, 'x');
  EXPECT_EQ(accepted<WriteRequest>(write(bin(most), false)).data.size(), most.size());
  EXPECT_EQ(refused(write(bin(most + "x"), false)).code, ErrorCode::kTooLarge);
  EXPECT_EQ(refused(write(str(most), true)).code, ErrorCode::kTooLarge);
  EXPECT_TRUE(accepted<WriteRequest>(write(str(most.substr(1)), true)).text);
  expect_bad(write(str(std::string("a\0b", 3)), true), "NUL at byte 1");
  expect_bad(write(num(1), false), "data: ");
}

TEST(AHint, ShowsTheLikelyIntention) {
  const auto hint = [](const std::string& frame) { return refused(frame).hint; };
  EXPECT_EQ(hint(request("stats")), "did you mean stat?");
  EXPECT_EQ(hint(request("STAT")), "did you mean stat?");
  EXPECT_TRUE(hint(request("frobnicate")).starts_with("there are create, "));
  EXPECT_EQ(hint(request("stat", {{"shmkey", num(1)}})), "did you mean shm_key?");
  EXPECT_EQ(hint(request("stat", {{"Shm_Key", num(1)}})), "did you mean shm_key?");
  EXPECT_EQ(hint(request("stat", {{"key", num(1)}})), "did you mean shm_key?");
  EXPECT_EQ(hint(request("stat", {{"colour", num(1)}})), "");
  EXPECT_EQ(hint(request("stat", {{std::string(100000, 'x'), num(1)}})), "");
  for (const std::string json : {R"({"op":"ping"})", " \n[1]", "{"}) {
    EXPECT_NE(hint(json).find("JSON"), std::string::npos) << json;
  }
  EXPECT_EQ(hint("junk").find("JSON"), std::string::npos);
}

TEST(Once, IsForOperationsThatChangeThings) {
  const std::string once = str("0123456789abcdef");
  EXPECT_EQ(decode_request(request("remove", with(kKey, "once", once))).request.index(), 0U);
  expect_bad(request("stat", with(kKey, "once", once)), "once: stat changes nothing");
  expect_bad(request("remove", with(kKey, "once", str("short"))), "once: string of 16 to 64 bytes");
}

TEST(ABatch, LetsMalformedRequestsFailAlone) {
  const std::string once = str("0123456789abcdef");
  const auto batch = accepted<BatchRequest>(request(
      "batch", {{"requests",
                 array({request("ping"), num(1), request("no", {{"id", num(3)}}),
                        request("batch", {{"requests", array({})}}), request("remove", with(kKey, "once", once))})}}));
  ASSERT_EQ(batch.requests.size(), 5U);
  EXPECT_TRUE(batch.stop_on_error);
  EXPECT_EQ(batch.requests[0].request.index(), 0U);
  EXPECT_EQ(std::get<Error>(batch.requests[1].request).code, ErrorCode::kBadRequest);
  EXPECT_EQ(std::get<Error>(batch.requests[2].request).code, ErrorCode::kUnknownOp);
  EXPECT_EQ(batch.requests[2].id, RequestId(std::uint64_t{3}));
  EXPECT_NE(std::get<Error>(batch.requests[3].request).message.find("not allowed inside a batch"), std::string::npos);
  EXPECT_NE(std::get<Error>(batch.requests[4].request).message.find("once: not allowed inside"), std::string::npos);
}

TEST(ABatch, HasAtMostAThousandRequests) {
  const auto batch = [](std::size_t n) {
    return request("batch", {{"requests", array(std::vector<std::string>(n, request("ping")))}});
  };
  EXPECT_EQ(accepted<BatchRequest>(batch(1000)).requests.size(), 1000U);
  expect_bad(batch(1001), "requests: array of at most 1000 requests expected, got array of 1001");
  expect_bad(request("batch", {{"requests", num(1)}}), "requests: ");
}

TEST(AnEncodedOperation, IsTheSameHoweverAClientSpelledIt) {
  const auto spelled = [](const std::string& frame) {
    return encode_operation(std::get<Request>(decode_request(frame).request).operation);
  };
  const auto stat = [](const std::string& key) { return request("stat", {{"shm_key", key}}); };
  for (const std::string& same : {str("0x162f"), neg(5679), f64(5679), bin("5679")}) {
    EXPECT_EQ(spelled(stat(num(5679))), spelled(stat(same)));
  }
  EXPECT_EQ(spelled(request("write", with(kKey, "data", str("x")))),
            spelled(request("write", with(kKey, "data", bin("x")))));
  EXPECT_NE(spelled(stat(num(5679))), spelled(stat(num(5680))));
  EXPECT_NE(spelled(stat(num(5679))), spelled(request("attach", kKey)));
  EXPECT_EQ(spelled(request("ping", {{"id", num(1)}})), spelled(request("ping")));
}

}  // namespace
}  // namespace shmbus
