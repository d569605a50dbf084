// Reads and writes of any size. The data pass in pieces through a leased attachment, with several pieces in flight, so
// that client and agent work at the same time and the memory that a transfer takes does not depend on its size.
// PROTOCOL.md, "Large transfers", has the recipe for other clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/client/client.hpp"
#include "protocol/commands.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// The bytes of one piece.
inline constexpr std::size_t kBulkPieceBytes = limits::kMaxDataBytes;

// The pieces in flight: enough to keep both ends busy.
inline constexpr std::size_t kBulkInFlight = 4;

// The range to transfer.
struct BulkRange {
  // The segment, which is attached for the time of the transfer. Not used if `attachment` is set.
  SegmentRef segment;
  // An attachment of the caller's, which the transfer leaves attached.
  std::optional<AttachmentId> attachment = {};
  // Attach only in this epoch of the agent, else kEpochChanged. Not used if `attachment` is set.
  std::optional<std::uint64_t> epoch = {};
  // In bytes. Without a length a read goes to the end of the segment, and a write as far as the source has data.
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length = {};
};

// The outcome of a transfer, successful or not.
struct BulkOutcome {
  // The bytes that were transferred, from the offset on.
  std::uint64_t bytes = 0;
  // The bytes after those that may have been written as well; 0 for a read and for a success.
  std::uint64_t uncertain = 0;
  // The size of the segment in bytes, 0 if it is not known.
  std::uint64_t shm_segsz = 0;
  // The failure; absent after a success.
  std::optional<Error> error = {};
};

// Takes the next bytes of a read, which are borrowed for the call. An error ends the transfer.
using BulkSink = std::function<Result<void>(std::string_view bytes)>;

// Fills `room` with the next bytes of a write and returns their number, which is less than the room only at the end of
// the data. An error ends the transfer.
using BulkSource = std::function<Result<std::size_t>(std::span<char> room)>;

// A callback after each piece, with the bytes transferred so far and the total. The total is absent if it is unknown,
// as for a write without a length.
using BulkProgress = std::function<void(std::uint64_t bytes, std::optional<std::uint64_t> of)>;

// Reads or writes a range. Both functions run in the thread of the client and call sink, source and progress in it;
// nothing else may use the client meanwhile.
// - A piece without a reply is sent again after a third of the client's timeout. That does no harm, because the same
//   bytes go to the same place. The timeout starts anew with each reply. kBusy is retried for up to one timeout.
// - If the lease of the attachment expired or the agent was restarted, the segment is attached again, as long as it is
//   the same segment. This does not apply to an attachment of the caller's.
// - A write is not atomic: other processes may see some pieces before the rest, and a failed write leaves the pieces
//   that were written.
// - A read that passes the end of the segment ends there.
// Errors: those of Client::call(), of the agent, of the sink or of the source; the message says how much was
// transferred. kOutOfRange before any transfer if the offset, or the range of a write, lies beyond the end; during a
// write without a length once the data pass the end. kBadRequest if the source ends before the length.
[[nodiscard]] BulkOutcome read_all(Client& client, const BulkRange& range, const BulkSink& sink,
                                   const BulkProgress& progress = {});
[[nodiscard]] BulkOutcome write_all(Client& client, const BulkRange& range, const BulkSource& source,
                                    const BulkProgress& progress = {});

}  // namespace shmbus
