#include "agent/reply_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <thread>

namespace shmbus::agent {
namespace {

// The reply to a read of `size` bytes, which are in the buffer's room.
Reply read_into(ReplyBuffer& buffer, std::size_t size, RequestId id = std::string(limits::kMaxIdBytes, 'i')) {
  const std::span<char> room = buffer.place(size);
  std::fill(room.begin(), room.end(), 'd');
  ReadResult result{.offset = ~std::uint64_t{0}, .length = size, .shm_segsz = ~std::uint64_t{0}, .eof = true};
  result.placed.emplace(room.data(), room.size());
  return {.id = std::move(id), .outcome = OperationResult(result), .epoch = limits::kMaxEpoch, .seq = 7};
}

TEST(AReplyBuffer, PutsTheReplyAroundItsData) {
  ReplyBuffer buffer;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, limits::kMaxDataBytes}) {
    for (const bool text : {false, true}) {
      Reply reply = read_into(buffer, size);
      std::get<ReadResult>(std::get<OperationResult>(reply.outcome)).text = text;
      const std::string expected = encode_reply(reply);
      buffer.encode(reply);
      EXPECT_TRUE(buffer.bytes() == expected) << size;
    }
  }
}

TEST(AReplyBuffer, HasARoomThatGrowsWithoutLosingWhatIsThere) {
  ReplyBuffer buffer;
  buffer.place(1)[0] = 'x';
  EXPECT_EQ(buffer.place(limits::kMaxDataBytes)[0], 'x');
}

TEST(AReplyBuffer, HandsOnWhatIsLargeAndTouchesItNoMore) {
  std::optional<ReplyBuffer> buffer(std::in_place);
  buffer->encode(read_into(*buffer, 1));
  EXPECT_EQ(buffer->hand_on(), nullptr);
  buffer->encode({.id = {}, .outcome = OperationResult(PingResult{})});
  EXPECT_EQ(buffer->hand_on(), nullptr);

  const Reply reply = read_into(*buffer, ReplyBuffer::kHandOnFrom);
  const std::string expected = encode_reply(reply);
  buffer->encode(reply);
  const std::string_view sent = buffer->bytes();
  ReplyBuffer::Block* const block = buffer->hand_on();
  ASSERT_NE(block, nullptr);
  const std::span<char> room = buffer->place(ReplyBuffer::kHandOnFrom);
  std::fill(room.begin(), room.end(), 'n');
  buffer.reset();
  EXPECT_TRUE(sent == expected);
  std::thread(ReplyBuffer::discard, block).join();
}

}  // namespace
}  // namespace shmbus::agent
