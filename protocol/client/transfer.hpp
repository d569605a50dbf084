// The common part of large reads and writes: it attaches the segment, keeps pieces in flight, and recovers when one
// fails. bulk.hpp has the functions for callers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "protocol/client/bulk.hpp"

namespace shmbus {

// One piece of the transfer, from its request to its reply.
struct Piece {
  // The id of its request.
  std::uint64_t id = 0;
  // Its place in the segment, in bytes.
  std::uint64_t offset = 0;
  std::size_t length = 0;
  // The encoded request, kept to be sent again, and the place of a write's data in it.
  zmq::message_t request;
  std::size_t data_at = 0;
  std::size_t data_size = 0;
  // The frame of the reply, once it has arrived.
  std::optional<zmq::message_t> answer;
};

// One transfer. Replies may come in any order, but pieces are finished in the order of their bytes, so that a sink
// receives them in order and the bytes transferred so far are always one range. Client, range and progress are borrowed
// and must outlive it. It runs in the thread of the client.
class Transfer {
 public:
  Transfer(Client& client, const BulkRange& range, const BulkProgress& progress)
      : client_(client), range_(range), progress_(progress) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  virtual ~Transfer() = default;

  // Runs the whole transfer. Call it only once.
  [[nodiscard]] BulkOutcome run();

 protected:
  virtual bool reads() const = 0;
  // Checks the range against the segment, which has `size` bytes, and sets length_ if the length is known.
  virtual Result<void> check(std::uint64_t size) = 0;
  // Makes the request of the next piece, whose id and offset are set, and sets its length. A length of 0 is the end.
  virtual Result<void> fill(Piece& piece) = 0;
  // Makes the request again, for another attachment.
  virtual void fill_again(Piece& piece) = 0;
  // Returns the operation of the piece, without a write's data.
  virtual Operation operation_of(const Piece& piece) const = 0;
  // Takes the result of a piece that succeeded.
  virtual Result<void> take(const Piece& piece, const OperationResult& result) = 0;

  const BulkRange& range() const { return range_; }
  AttachmentId attachment() const { return attachment_; }

  // The bytes of the whole transfer, if that is known.
  std::optional<std::uint64_t> length_;

 private:
  Result<void> begin();
  Result<void> attach_again();
  Result<void> move();
  Result<void> move_next();
  Result<void> post_more();
  void post(Piece& piece);
  Result<void> post_all_again();
  Result<void> wait_for_first();
  Result<bool> wait_until(Clock::time_point deadline);
  Result<void> finish_first();
  void say_farewell();
  void tell_how_far();

  Client& client_;
  const BulkRange& range_;
  const BulkProgress& progress_;
  AttachmentId attachment_ = 0;
  std::optional<AttachResult> attached_;  // absent for an attachment of the caller's
  std::deque<Piece> pieces_;
  std::uint64_t filled_ = 0;  // bytes in all pieces so far
  bool at_end_ = false;
  int attaches_in_a_row_ = 0;
  std::optional<Clock::time_point> busy_since_;
  BulkOutcome outcome_;
};

}  // namespace shmbus
