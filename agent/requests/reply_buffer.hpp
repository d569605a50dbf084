// The reply to the request in hand, encoded once, in memory that is there before the operation acts.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "protocol/codec/replies.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

// The bytes of a read are placed here straight from the segment and never copied: the rest of the reply is written
// around them. One thread; only what libzmq sends is freed by another.
class ReplyBuffer {
 public:
  // Takes room for a reply with kMaxDataBytes. Throws std::bad_alloc.
  ReplyBuffer();

  // Has room for a reply of `bytes`. Throws std::bad_alloc.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  // Room for `size` bytes of data until the next message(); a smaller one later is the beginning of the same. Throws
  // std::bad_alloc.
  [[nodiscard]] std::span<char> place(std::size_t size);

  // Encodes a reply; the data of a read lie in the room of the last place(). Throws std::bad_alloc if the reply is
  // larger than what was reserved.
  void set(const Reply& reply);
  // The same around an outcome that is encoded already; `repeated` says that it was remembered.
  void set(const EncodedOutcome& outcome, const RequestId& id, bool repeated, std::uint64_t epoch, std::uint64_t seq);

  [[nodiscard]] std::size_t size() const { return bytes_.size() + data_.size(); }

  // Makes the message of the reply, once; where there is no memory for it, of an error that says so. Throws
  // zmq::error_t if there is none for that either.
  [[nodiscard]] zmq::message_t message();

 private:
  zmq::message_t whole_message();

  RequestId id_;
  std::optional<std::uint64_t> epoch_;
  std::optional<std::uint64_t> seq_;
  std::string bytes_;  // the reply but for data_
  std::unique_ptr<char[]> block_;
  std::size_t block_size_ = 0;
  std::string_view data_;    // in the block
  std::size_t data_at_ = 0;  // where they belong in bytes_
};

}  // namespace shmbus::agent
