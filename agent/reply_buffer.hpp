// Where a reply is put together and sent from: the bytes of a read go into it straight from the segment, the rest of
// the reply is written around them. What is large is handed on as it is, so that no reply is copied for sending.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/codec/replies.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

class ReplyBuffer {
 public:
  // From so many bytes of data on a reply is handed on, below it is copied: that costs less than another block.
  static constexpr std::size_t kHandOnFrom = std::size_t{64} << 10;

  ReplyBuffer();
  ~ReplyBuffer();

  // Room for `size` bytes of data, at most kMaxDataBytes, until the reply is sent; what is there stays when more is
  // asked for. May throw std::bad_alloc.
  [[nodiscard]] std::span<char> place(std::size_t size);

  // The whole reply; the data of a read that lies in the room of the last place() stays there.
  void encode(const Reply& reply);
  void encode_repeated(const RequestId& id, const EncodedOutcome& outcome, std::uint64_t epoch, std::uint64_t seq);

  // The reply. Borrowed until the next call.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

  // What bytes() borrows from, given to who sends the reply if it is large; null if it is to be copied. Whoever has it
  // deletes it by discard(), in any thread.
  struct Block;
  [[nodiscard]] Block* hand_on();
  static void discard(Block* block) noexcept;

 private:
  std::unique_ptr<Block> block_;
  std::string around_;  // what stands before and behind the data, or all of it
  std::string_view bytes_;
};

}  // namespace shmbus::agent
