// A buffer that holds the reply to the request in hand, in memory taken before the operation acts.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "agent/requests/unread_replies.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

// Two pieces of memory make a reply. `bytes_` takes the encoded reply. Its room is reserved before the operation acts,
// so an operation that has acted is not followed by an error for lack of memory to encode its reply. `block_` takes the
// data of a read: place() hands out room in it, the segment is copied straight into that room, and message() writes the
// rest of the reply into the margins around the data. The data are never copied again.
//
// For each request: reserve(), at most one read by place(), set(), message(). A reply with placed data gives its block
// to libzmq, which deletes it, in its own thread, after sending; the next place() allocates a new block. Other replies
// are copied from `bytes_` into a block of their own. Each block counts as unread until libzmq deletes it. One thread.
class ReplyBuffer {
 public:
  // Reserves room for the largest single message, kMaxMessageBytes. Throws std::bad_alloc.
  ReplyBuffer();

  // Makes room for a reply of `bytes`, placed data not counted. Throws std::bad_alloc.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  // Returns room for `size` bytes of data, uninitialized and valid until the next message(). A later call for less
  // returns the beginning of the same room with its content; a call for more may discard the content. Throws
  // std::bad_alloc.
  [[nodiscard]] std::span<char> place(std::size_t size);

  // Encodes a reply. Placed data of a read must lie in the room of the last place(). Throws std::bad_alloc if the reply
  // outgrows the reserved room and there is no memory.
  void set(const Reply& reply);
  // Makes a reply around an outcome that is already encoded; `repeated` marks one that the OnceCache remembered.
  void set(const EncodedOutcome& outcome, const RequestId& id, bool repeated, std::uint64_t epoch, std::uint64_t seq);

  // Returns the size of the whole reply, in bytes.
  [[nodiscard]] std::size_t size() const { return bytes_.size() + data_.size(); }

  // Returns the reply as a message, which counts in `unread` until libzmq has sent it. Call it once for each set().
  // Without memory for the message, the reply becomes the error kNoMemory; throws std::bad_alloc or zmq::error_t if
  // even that does not fit.
  [[nodiscard]] zmq::message_t message(const std::shared_ptr<UnreadBytes>& unread);

 private:
  zmq::message_t whole_message(const std::shared_ptr<UnreadBytes>& unread);

  RequestId id_;  // these three are kept for the error in place of a reply that does not fit
  std::optional<std::uint64_t> epoch_;
  std::optional<std::uint64_t> seq_;
  std::string bytes_;              // the reply without data_
  std::unique_ptr<char[]> block_;  // room for the counter, a margin, room for the data, a margin
  std::size_t block_size_ = 0;     // of the room
  std::string_view data_;          // in the block; empty: bytes_ is the whole reply
  std::size_t data_at_ = 0;        // the offset in bytes_ at which the data belong
};

}  // namespace shmbus::agent
