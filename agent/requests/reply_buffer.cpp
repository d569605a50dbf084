#include "agent/requests/reply_buffer.hpp"

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

void ReplyBuffer::set(const RequestId& id, std::variant<OperationResult, Error> outcome, std::uint64_t epoch,
                      std::uint64_t seq) {
  reply_.id = id;
  reply_.outcome = std::move(outcome);
  reply_.epoch = epoch;
  reply_.seq = seq;
  encoded_.clear();
  layout_ = layout_of(reply_);
}

void ReplyBuffer::set(const RequestId& id, const EncodedOutcome& remembered, std::uint64_t epoch, std::uint64_t seq) {
  reply_.id = id;
  reply_.epoch = epoch;
  reply_.seq = seq;
  encoded_ = encode_repeated_reply(id, remembered, epoch, seq);
  layout_ = {encoded_.size(), encoded_.size()};
}

void ReplyBuffer::set_error(Error error) {
  reply_.outcome = std::move(error);
  encoded_.clear();
  layout_ = layout_of(reply_);
}

void ReplyBuffer::write_to(char* destination) const {
  if (encoded_.empty()) {
    encode_reply(reply_, destination);
  } else {
    encoded_.copy(destination, encoded_.size());
  }
}

ReplyBuffer::Large ReplyBuffer::hand_on() {
  const std::string_view* const data = placed();
  if (data == nullptr || data->size() < kHandOnFrom) {
    return {};
  }
  const std::span<char> bytes(block_->bytes.data() + kBefore - layout_.data, layout_.size);
  encode_reply(reply_, bytes.data());
  return {block_.release(), bytes};
}

// The data of a read that lies in the block; null if there is none.
const std::string_view* ReplyBuffer::placed() const {
  const auto* const result = encoded_.empty() ? std::get_if<OperationResult>(&reply_.outcome) : nullptr;
  const auto* const read = result == nullptr ? nullptr : std::get_if<ReadResult>(result);
  return read != nullptr && read->placed ? &*read->placed : nullptr;
}

void ReplyBuffer::discard(Block* block) noexcept { delete block; }

}  // namespace shmbus::agent
