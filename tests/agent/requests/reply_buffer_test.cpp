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
  const RequestId id = std::string(limits::kMaxIdBytes, 'i');
  buffer.set(id, OperationResult(result), limits::kMaxEpoch, 7);
  return encode_reply({.id = id, .outcome = OperationResult(result), .epoch = limits::kMaxEpoch, .seq = 7});
}

std::string written(const ReplyBuffer& buffer) {
  std::string bytes(buffer.size(), '\0');
  buffer.write_to(bytes.data());
  return bytes;
}

TEST(AReplyBuffer, WritesTheReplyAsItIsEncoded) {
  ReplyBuffer buffer;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, ReplyBuffer::kHandOnFrom - 1}) {
    for (const bool text : {false, true}) {
      const std::string expected = read_into(buffer, size, text);
      EXPECT_EQ(buffer.hand_on().block, nullptr);
      EXPECT_EQ(written(buffer), expected);
    }
  }
}

TEST(AReplyBuffer, WritesWhatIsRememberedAndThenTheNextReply) {
  ReplyBuffer buffer;
  read_into(buffer, ReplyBuffer::kHandOnFrom);
  const EncodedOutcome remembered = encode_outcome(OperationResult(PingResult{}));
  buffer.set(std::uint64_t{5}, remembered, 1, 2);
  EXPECT_EQ(buffer.hand_on().block, nullptr);
  EXPECT_EQ(written(buffer), encode_repeated_reply(std::uint64_t{5}, remembered, 1, 2));
  buffer.set({}, OperationResult(PingResult{}), 1, 2);
  EXPECT_EQ(written(buffer), encode_reply({.id = {}, .outcome = OperationResult(PingResult{}), .epoch = 1, .seq = 2}));
}

TEST(AReplyBuffer, AnswersWithAnErrorInPlaceOfWhatItHad) {
  const Error error{.code = ErrorCode::kNoMemory, .message = "none left"};
  const std::string expected = encode_reply({.id = std::uint64_t{5}, .outcome = error, .epoch = 1, .seq = 2});
  ReplyBuffer buffer;
  buffer.set(std::uint64_t{5}, OperationResult(PingResult{}), 1, 2);
  buffer.set_error(error);
  EXPECT_EQ(written(buffer), expected);
  buffer.set({}, OperationResult(PingResult{}), 3, 4);
  buffer.set(std::uint64_t{5}, encode_outcome(OperationResult(PingResult{})), 1, 2);
  buffer.set_error(error);
  EXPECT_EQ(written(buffer), expected);
}

TEST(AReplyBuffer, HasARoomThatGrowsWithoutLosingWhatIsThere) {
  ReplyBuffer buffer;
  buffer.place(1)[0] = 'x';
  EXPECT_EQ(buffer.place(limits::kMaxDataBytes)[0], 'x');
}

TEST(AReplyBuffer, HandsOnWhatIsLargeAndTouchesItNoMore) {
  for (const std::size_t size : {ReplyBuffer::kHandOnFrom, limits::kMaxDataBytes}) {
    for (const bool text : {false, true}) {
      std::optional<ReplyBuffer> buffer(std::in_place);
      const std::string expected = read_into(*buffer, size, text);
      const auto [block, bytes] = buffer->hand_on();
      ASSERT_NE(block, nullptr);
      const std::span<char> room = buffer->place(size);
      std::fill(room.begin(), room.end(), 'n');
      buffer.reset();
      EXPECT_TRUE(std::string_view(bytes.data(), bytes.size()) == expected) << size;
      std::thread(ReplyBuffer::discard, block).join();
    }
  }
}

}  // namespace
}  // namespace shmbus::agent
