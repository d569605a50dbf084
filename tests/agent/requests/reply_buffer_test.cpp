#include "agent/requests/reply_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>

namespace shmbus::agent {
namespace {

// Answers a read of `size` bytes, which are in the buffer's room. Returns what the reply is to be.
std::string read_into(ReplyBuffer& buffer, std::size_t size, bool text = false) {
  const std::span<char> room = buffer.place(size);
  std::fill(room.begin(), room.end(), 'd');
  ReadResult result{.offset = ~std::uint64_t{0}, .length = size, .shm_segsz = ~std::uint64_t{0}, .eof = true};
  result.placed.emplace(room.data(), room.size());
  result.text = text;
  const Reply reply{.id = std::string(limits::kMaxIdBytes, 'i'),
                    .outcome = OperationResult(result),
                    .epoch = limits::kMaxEpoch,
                    .seq = 7};
  buffer.set(reply);
  return encode_reply(reply);
}

const std::shared_ptr<UnreadBytes> unread = std::make_shared<UnreadBytes>();

std::string written(ReplyBuffer& buffer) {
  const std::size_t size = buffer.size();
  std::string bytes = buffer.message(unread).to_string();
  EXPECT_EQ(bytes.size(), size);
  return bytes;
}

TEST(AReplyBuffer, CountsAMessageUntilItIsFreed) {
  ReplyBuffer buffer;
  for (const std::size_t size : {std::size_t{0}, std::size_t{64}, limits::kMaxDataBytes}) {
    read_into(buffer, size);
    const std::size_t whole = buffer.size();
    std::optional<zmq::message_t> message = buffer.message(unread);
    EXPECT_EQ(unread->bytes, whole);
    message.reset();
    EXPECT_EQ(unread->bytes, 0U);
  }
}

TEST(AReplyBuffer, GivesTheReplyAsItIsEncoded) {
  ReplyBuffer buffer;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, limits::kMaxDataBytes}) {
    for (const bool text : {false, true}) {
      const std::string expected = read_into(buffer, size, text);
      EXPECT_TRUE(written(buffer) == expected) << size;
    }
  }
}

TEST(AReplyBuffer, GivesWhatIsRememberedAndThenTheNextReply) {
  ReplyBuffer buffer;
  read_into(buffer, 100);
  EncodedOutcome remembered;
  encode_outcome(OperationResult(PingResult{}), remembered);
  std::string expected;
  append_reply_around(remembered, std::uint64_t{5}, true, 1, 2, expected);
  buffer.set(remembered, std::uint64_t{5}, true, 1, 2);
  EXPECT_EQ(written(buffer), expected);
  const Reply next{.id = {}, .outcome = OperationResult(PingResult{}), .epoch = 1, .seq = 2};
  buffer.set(next);
  EXPECT_EQ(written(buffer), encode_reply(next));
}

TEST(AReplyBuffer, HasTheBeginningOfItsRoomWhereTheWholeWas) {
  ReplyBuffer buffer;
  buffer.place(limits::kMaxDataBytes)[0] = 'x';
  EXPECT_EQ(buffer.place(1)[0], 'x');
}

TEST(AReplyBuffer, TouchesAMessageOfDataNoMore) {
  for (const std::size_t size : {std::size_t{64}, limits::kMaxDataBytes}) {
    std::optional<ReplyBuffer> buffer(std::in_place);
    const std::string expected = read_into(*buffer, size);
    zmq::message_t message = buffer->message(unread);
    const std::span<char> room = buffer->place(size);
    std::fill(room.begin(), room.end(), 'n');
    buffer.reset();
    EXPECT_TRUE(message.to_string_view() == expected) << size;
    std::thread([](zmq::message_t last) { EXPECT_FALSE(last.empty()); }, std::move(message)).join();
  }
}

}  // namespace
}  // namespace shmbus::agent
