#include "agent/reply_buffer.hpp"

#include <array>

#include "protocol/limits.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kBefore = 256;  // an id takes 64, the names around it as much
constexpr std::size_t kBehind = 256;  // numbers

}  // namespace

struct ReplyBuffer::Block {
  std::array<char, kBefore + limits::kMaxDataBytes + kBehind> bytes;
};

ReplyBuffer::ReplyBuffer() = default;
ReplyBuffer::~ReplyBuffer() = default;

std::span<char> ReplyBuffer::place(std::size_t size) {
  if (!block_) {
    block_.reset(new Block);  // not make_unique, which would fill it with zeros
  }
  return std::span(block_->bytes).subspan(kBefore, size);
}

void ReplyBuffer::encode(const Reply& reply) {
  const auto* const result = std::get_if<OperationResult>(&reply.outcome);
  const auto* const read = result == nullptr ? nullptr : std::get_if<ReadResult>(result);
  if (read == nullptr || !read->placed) {
    encode_reply(reply, around_);
    bytes_ = around_;
    return;
  }
  const std::size_t before = encode_reply_around(reply, around_);
  char* const data = block_->bytes.data() + kBefore;
  char* const start = data - before;
  around_.copy(start, before);
  around_.copy(data + read->placed->size(), std::string::npos, before);
  bytes_ = {start, around_.size() + read->placed->size()};
}

void ReplyBuffer::encode_repeated(const RequestId& id, const EncodedOutcome& outcome, std::uint64_t epoch,
                                  std::uint64_t seq) {
  encode_repeated_reply(id, outcome, epoch, seq, around_);
  bytes_ = around_;
}

ReplyBuffer::Block* ReplyBuffer::hand_on() {
  if (bytes_.data() == around_.data() || bytes_.size() < kHandOnFrom) {
    return nullptr;
  }
  return block_.release();
}

void ReplyBuffer::discard(Block* block) noexcept { delete block; }

}  // namespace shmbus::agent
