// What a read and a write of a whole segment have in common: the attachment, the pieces in flight, and what is done
// when one of them fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "protocol/client/bulk.hpp"

namespace shmbus {

// One request of the transfer, from its data to its answer.
struct Piece {
  std::uint64_t id = 0;
  std::uint64_t offset = 0;
  std::size_t length = 0;
  zmq::message_t request;
  std::size_t data_at = 0;  // where in it a write's data is, and how much
  std::size_t data_size = 0;
  std::optional<zmq::message_t> answer;
};

// What reads and writes have in common. The pieces in flight are in the order of their bytes.
class Transfer {
 public:
  Transfer(Client& client, const BulkRange& range, const BulkProgress& progress)
      : client_(client), range_(range), progress_(progress) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  virtual ~Transfer() = default;

  // Moves everything. Once only.
  [[nodiscard]] BulkOutcome run();

 protected:
  virtual bool reads() const = 0;
  // Checks the range against the segment. Sets length_ if it is known.
  virtual Result<void> check(std::uint64_t size) = 0;
  // Makes the request of the next piece, whose offset is set, and sets its length; one without is the end.
  virtual Result<void> fill(Piece& piece) = 0;
  // Makes the request again, for another attachment.
  virtual void fill_again(Piece& piece) = 0;
  virtual Operation operation_of(const Piece& piece) const = 0;
  // Takes the good reply to a piece.
  virtual Result<void> take(const Piece& piece, const OperationResult& result) = 0;

  const BulkRange& range() const { return range_; }
  AttachmentId attachment() const { return attachment_; }

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
  std::optional<AttachResult> attached_;  // by us
  std::deque<Piece> pieces_;
  std::uint64_t filled_ = 0;  // bytes of all pieces so far
  bool at_end_ = false;
  int attaches_in_a_row_ = 0;
  std::optional<Clock::time_point> busy_since_;
  BulkOutcome outcome_;
};

}  // namespace shmbus
