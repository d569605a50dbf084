// The reply to the request in hand, until it is written into its message: the bytes of a read are put here straight
// from the segment. What is large is handed on as it is, with the rest of the reply written around it, and never
// copied.
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

  // What is answered; the data of a read may lie in the room of the last place().
  void set(const RequestId& id, std::variant<OperationResult, Error> outcome, std::uint64_t epoch, std::uint64_t seq);
  // Or what was answered before, `remembered`.
  void set(const RequestId& id, const EncodedOutcome& remembered, std::uint64_t epoch, std::uint64_t seq);
  // Answers with `error` in place of that.
  void set_error(Error error);

  [[nodiscard]] std::size_t size() const { return layout_.size; }
  // Writes all of it to where there is room for its size.
  void write_to(char* destination) const;

  // The reply around its data, given to who sends it if it is large; with no `block` it is to be written. Whoever has
  // the block deletes it by discard(), in any thread.
  struct Block;
  struct Large {
    Block* block = nullptr;
    std::span<char> bytes = {};
  };
  [[nodiscard]] Large hand_on();
  static void discard(Block* block) noexcept;

 private:
  [[nodiscard]] const std::string_view* placed() const;

  std::unique_ptr<Block> block_;
  Reply reply_;
  std::string encoded_;  // in place of reply_'s outcome, if it says something
  Layout layout_;
};

}  // namespace shmbus::agent
