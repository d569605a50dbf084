#include "agent/requests/reply_buffer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "protocol/limits.hpp"

namespace shmbus::agent {
namespace {

// Stands at the beginning of the block of a message, and is destroyed with it.
struct Counted {
  std::shared_ptr<UnreadBytes> unread;
  std::size_t size;

  Counted(std::shared_ptr<UnreadBytes> counter, std::size_t bytes) : unread(std::move(counter)), size(bytes) {
    unread->bytes += size;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { unread->bytes -= size; }
};

constexpr std::size_t kCounted = sizeof(Counted);
constexpr std::size_t kBefore = 256;  // before the data: an id of 64 bytes, and names of as much again
constexpr std::size_t kBehind = 256;  // behind the data: numbers

// Returns the data that a read placed in the block; empty if there are none.
std::string_view placed_in(const Reply& reply) {
  const auto* const result = std::get_if<OperationResult>(&reply.outcome);
  const auto* const read = result == nullptr ? nullptr : std::get_if<ReadResult>(result);
  return read == nullptr ? std::string_view() : read->placed.value_or(std::string_view());
}

// Returns a message of the bytes [begin, begin + size) in `block`, which it takes.
zmq::message_t counted_message(std::unique_ptr<char[]>& block, char* begin, std::size_t size,
                               const std::shared_ptr<UnreadBytes>& unread) {
  const auto free_block = [](void* /*bytes*/, void* hint) {
    static_cast<Counted*>(hint)->~Counted();
    delete[] static_cast<char*>(hint);
  };
  zmq::message_t message(begin, size, free_block, block.get());
  new (block.release()) Counted(unread, size);
  return message;
}

}  // namespace

ReplyBuffer::ReplyBuffer() { bytes_.reserve(limits::kMaxMessageBytes); }

std::span<char> ReplyBuffer::place(std::size_t size) {
  if (!block_ || size > block_size_) {
    block_ = std::make_unique_for_overwrite<char[]>(kCounted + kBefore + size + kBehind);
    block_size_ = size;
  }
  return {block_.get() + kCounted + kBefore, size};
}

void ReplyBuffer::set(const Reply& reply) {
  id_ = reply.id;
  epoch_ = reply.epoch;
  seq_ = reply.seq;
  bytes_.clear();
  data_ = placed_in(reply);
  if (data_.empty()) {
    append_reply(reply, bytes_);
  } else {
    data_at_ = encode_reply_around_data(reply, bytes_);
  }
}

void ReplyBuffer::set(const EncodedOutcome& outcome, const RequestId& id, bool repeated, std::uint64_t epoch,
                      std::uint64_t seq) {
  id_ = id;
  epoch_ = epoch;
  seq_ = seq;
  bytes_.clear();
  append_reply_around(outcome, id, repeated, epoch, seq, bytes_);
  data_ = {};
}

zmq::message_t ReplyBuffer::message(const std::shared_ptr<UnreadBytes>& unread) {
  try {
    return whole_message(unread);
  } catch (const std::bad_alloc&) {
  } catch (const zmq::error_t& error) {
    if (error.num() != ENOMEM) {
      throw;
    }
  }
  spdlog::error("no memory for a reply of {} bytes", size());
  set({.id = id_,
       .outcome = Error{.code = ErrorCode::kNoMemory, .message = "the agent has no memory for the reply"},
       .epoch = epoch_,
       .seq = seq_});
  return whole_message(unread);
}

zmq::message_t ReplyBuffer::whole_message(const std::shared_ptr<UnreadBytes>& unread) {
  const std::size_t whole = size();
  if (data_.empty()) {
    block_.reset();  // placed for a read that failed: a later reply would hold all of it
    auto block = std::make_unique_for_overwrite<char[]>(kCounted + whole);
    std::copy(bytes_.begin(), bytes_.end(), block.get() + kCounted);
    return counted_message(block, block.get() + kCounted, whole, unread);
  }
  char* const begin = block_.get() + kCounted + kBefore - data_at_;
  const auto tail = bytes_.begin() + static_cast<std::ptrdiff_t>(data_at_);
  std::copy(bytes_.begin(), tail, begin);
  std::copy(tail, bytes_.end(), begin + data_at_ + data_.size());
  return counted_message(block_, begin, whole, unread);
}

}  // namespace shmbus::agent
