#include "protocol/codec/replies.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>

#include "protocol/codec/events.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/protocol/bytes.hpp"

namespace shmbus {
namespace {

const SegmentStat kStat{.shm_key = 5679,
                        .shm_shmid = 3,
                        .shm_segsz = 1024,
                        .uid = 1,
                        .gid = 2,
                        .cuid = 3,
                        .cgid = 4,
                        .mode = Mode{0666},
                        .shm_atime = 5,
                        .shm_dtime = 6,
                        .shm_ctime = 7,
                        .shm_cpid = 8,
                        .shm_lpid = 9,
                        .shm_nattch = 10,
                        .marked = true};

Reply reply_of(std::variant<OperationResult, Error> outcome) {
  Reply reply;
  reply.outcome = std::move(outcome);
  return reply;
}

EncodedOutcome encoded(const std::variant<OperationResult, Error>& outcome) {
  EncodedOutcome bytes;
  encode_outcome(outcome, bytes);
  return bytes;
}

// What a client reads of `result`; no part of the frame alone is a reply.
template <class AccessRequest>
typename AccessRequest::Result through(const AccessRequest& asked, const typename AccessRequest::Result& result) {
  Reply sent = reply_of(OperationResult(result));
  sent.id = std::string("a");
  sent.epoch = 1;
  sent.seq = 2;
  const std::string frame = encode_reply(sent);
  const auto reply = decode_reply(frame, asked);
  if (!reply) {
    ADD_FAILURE() << reply.error().message;
    return {};
  }
  EXPECT_EQ(encode_reply(*reply), frame);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(decode_reply(std::string_view(frame).substr(0, size), asked).ok());
  }
  EXPECT_EQ(reply->id, RequestId(std::string("a")));
  return std::get<typename AccessRequest::Result>(std::get<OperationResult>(reply->outcome));
}

TEST(AReply, CarriesEachResult) {
  EXPECT_EQ(
      through(CreateRequest{}, {.shm_key = 1, .shm_shmid = 0, .shm_segsz = 9, .mode = Mode{0600}, .created = true})
          .shm_segsz,
      9U);
  EXPECT_EQ(through(AttachRequest{}, {.attachment = 77, .lease_ms = 5}).attachment, 77U);
  EXPECT_EQ(through(DetachRequest{}, {.detached = 2}).detached, 2U);
  EXPECT_EQ(through(StatRequest{}, {kStat}).stat, kStat);
  EXPECT_EQ(through(SetRequest{}, {.before = {1, 2, Mode{0432}}, .after = {}, .shm_ctime = 4}).before.mode, Mode{0432});
  EXPECT_TRUE(through(RemoveRequest{}, {.destroyed = true}).destroyed);
  EXPECT_EQ(through(WriteRequest{}, {.offset = 1, .length = 2}).length, 2U);
  EXPECT_EQ(through(ListRequest{}, {.segments = {kStat, kStat}, .more = true}).segments.at(1), kStat);
  through(PingRequest{}, {});
}

TEST(AReply, CarriesTheInfo) {
  InfoResult info;
  info.version = "0.1.0";
  info.pid = 812;
  info.operations = {"create", "stat"};
  info.endpoints.commands = {"ipc:///run/shmbus/commands.sock"};
  info.detection = {"scan", "no rights", 250};
  info.limits.shmmax = UINT64_MAX;
  const InfoResult decoded = through(InfoRequest{}, info);
  EXPECT_EQ(decoded.operations, info.operations);
  EXPECT_EQ(decoded.endpoints.commands, info.endpoints.commands);
  EXPECT_EQ(decoded.detection.interval_ms, 250U);
  EXPECT_EQ(decoded.limits.shmmax, UINT64_MAX);
}

TEST(AReply, CarriesDataAsBinOrStr) {
  const std::string foreign("\0\xff", 2);
  const ReadResult binary = through(ReadRequest{}, {.data = foreign, .length = 2, .eof = true});
  EXPECT_EQ(binary.data, foreign);
  EXPECT_FALSE(binary.text);
  EXPECT_TRUE(through(ReadRequest{}, {.data = "text", .text = true}).text);
  EXPECT_EQ(encoded(OperationResult(ReadResult{.data = {}, .text = true})).bytes.substr(0, 7),
            "\x85\xa4"
            "data\xa0");
}

TEST(AReply, CarriesEventsAsTheyWerePublished) {
  Event published;
  published.seq = 5;
  const std::string event = encode_event(published);
  const EventsResult decoded = through(EventsRequest{}, {.events = {event, event}, .first = 1, .last = 5});
  ASSERT_EQ(decoded.events.size(), 2U);
  EXPECT_EQ(decode_event(decoded.events[1])->seq, 5U);
  EXPECT_NE(encoded(OperationResult(decoded)).bytes.find(event + event), std::string::npos);
}

TEST(AReply, CarriesTheRepliesOfABatch) {
  BatchRequest batch;
  batch.requests.push_back({{}, Request{{}, {}, {}, StatRequest{}}});
  batch.requests.push_back({{}, Error{ErrorCode::kBadRequest, "malformed"}});
  BatchResult result;
  result.replies.push_back(reply_of(OperationResult(StatResult{kStat})));
  result.replies.push_back(reply_of(Error{ErrorCode::kBadRequest, "malformed"}));
  const BatchResult decoded = through(batch, result);
  ASSERT_EQ(decoded.replies.size(), 2U);
  EXPECT_EQ(std::get<StatResult>(std::get<OperationResult>(decoded.replies[0].outcome)).stat, kStat);
  EXPECT_FALSE(decoded.replies[0].epoch);
  EXPECT_EQ(std::get<Error>(decoded.replies[1].outcome).message, "malformed");
  result.replies.push_back(reply_of(OperationResult(PingResult{})));
  EXPECT_FALSE(decode_reply(encode_reply(reply_of(OperationResult(result))), batch).ok());
}

TEST(AReply, IsWrittenAroundItsData) {
  const std::string data(300, 'd');
  ReadResult result{.offset = 1, .length = data.size()};
  result.placed = data;
  const Reply reply = reply_of(OperationResult(result));
  std::string around;
  const std::size_t data_at = encode_reply_around_data(reply, around);
  EXPECT_EQ(around.insert(data_at, data), encode_reply(reply));
  std::string without_data;
  const std::size_t end = encode_reply_around_data(reply_of(OperationResult(PingResult{})), without_data);
  EXPECT_EQ(end, without_data.size());
}

TEST(AReply, CarriesAnError) {
  const Error error{.code = ErrorCode::kPermissionDenied, .message = "no", .hint = "ask", .errno_value = EACCES};
  std::string frame;
  append_reply_around(encoded(error), std::int64_t{-4}, true, 1, 2, frame);
  const auto reply = decode_reply(frame, StatRequest{});
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_FALSE(reply->ok());
  EXPECT_TRUE(reply->repeated);
  EXPECT_EQ(reply->id, RequestId(std::int64_t{-4}));
  EXPECT_EQ(reply->epoch, 1U);
  EXPECT_EQ(reply->seq, 2U);
  const Error& decoded = std::get<Error>(reply->outcome);
  EXPECT_EQ(decoded.code, error.code);
  EXPECT_EQ(decoded.hint, "ask");
  EXPECT_EQ(decoded.errno_value, EACCES);
  EXPECT_NE(frame.find("EACCES"), std::string::npos);
  EXPECT_EQ(encoded(Error{ErrorCode::kBusy, "no"}).bytes.find("hint"), std::string::npos);
}

TEST(AReply, HasTheBytesOfTheContract) {
  EXPECT_EQ(encode_reply({{}, OperationResult(PingResult{}), false, 1, 2}),
            "\x84\xa2ok\xc3\xa6result\x80\xa5"
            "epoch\x01\xa3seq\x02");
  EXPECT_TRUE(encoded(OperationResult(SetResult{}))
                  .bytes.starts_with("\x84\xa2op\xa4"
                                     "done\xa6"
                                     "before\x83"));
  EXPECT_TRUE(encoded(OperationResult(DetachResult{}))
                  .bytes.starts_with("\x82\xa2op\xa4"
                                     "done"));
  const std::string stat = encoded(OperationResult(StatResult{kStat})).bytes;
  EXPECT_NE(stat.find(std::string("\xa4mode\xcd\x02\x9a")), std::string::npos);
  EXPECT_EQ(stat.substr(0, 3), std::string("\xde\x00\x10", 3));
  const SegmentStat largest{.shm_key = 4294967295,
                            .shm_shmid = std::numeric_limits<ShmId>::max(),
                            .shm_segsz = std::numeric_limits<std::uint64_t>::max(),
                            .uid = 4294967295,
                            .gid = 4294967295,
                            .cuid = 4294967295,
                            .cgid = 4294967295,
                            .mode = Mode{0777},
                            .shm_atime = std::numeric_limits<std::int64_t>::max(),
                            .shm_dtime = std::numeric_limits<std::int64_t>::max(),
                            .shm_ctime = std::numeric_limits<std::int64_t>::max(),
                            .shm_cpid = std::numeric_limits<std::int32_t>::max(),
                            .shm_lpid = std::numeric_limits<std::int32_t>::max(),
                            .shm_nattch = std::numeric_limits<std::uint64_t>::max(),
                            .marked = true,
                            .locked = true};
  EXPECT_LE(encoded(OperationResult(StatResult{largest})).bytes.size(), kMostStatBytes);
}

TEST(AReply, MayHaveNewFieldsButNoWrongOnes) {
  using namespace bytes;  // NOLINT(google-build-using-namespace)
  const auto detached = [](const std::string& value) {
    return map({{"new", nil()}, {"ok", flag(true)}, {"result", map({{"x", array({})}, {"detached", value}})}});
  };
  EXPECT_TRUE(decode_reply(detached(num(1)), DetachRequest{}).ok());
  EXPECT_FALSE(decode_reply(detached(neg(-1)), DetachRequest{}).ok());
  EXPECT_FALSE(decode_reply(detached(str("1")), DetachRequest{}).ok());
  EXPECT_FALSE(decode_reply(map({{"ok", flag(true)}}), PingRequest{}).ok());
  EXPECT_FALSE(decode_reply(map({{"ok", flag(false)}}), PingRequest{}).ok());
  EXPECT_EQ(decode_reply("junk", PingRequest{}).error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace shmbus
