// Segments of any size, in and out: through a leased attachment, in pieces, several in flight, with constant memory.
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

inline constexpr std::size_t kBulkPieceBytes = limits::kMaxDataBytes;
inline constexpr std::size_t kBulkInFlight = 4;  // pieces: enough that both ends have something to do

// What to move. `segment` is attached for the time of the transfer; or `attachment` is used and kept. `length` is in
// bytes: of a read to the end if it is absent, of a write as much as the source has.
struct BulkRange {
  SegmentRef segment;
  std::optional<AttachmentId> attachment = {};
  std::optional<std::uint64_t> epoch = {};  // of the agent, checked by attach
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length = {};
};

// The first `bytes` were moved. If it failed, those of a write behind them, up to `uncertain`, may have been written
// too.
struct BulkOutcome {
  std::uint64_t bytes = 0;
  std::uint64_t uncertain = 0;
  std::uint64_t shm_segsz = 0;  // 0 if it is not known
  std::optional<Error> error = {};
};

// Takes the next bytes of a read, borrowed. An error ends the transfer.
using BulkSink = std::function<Result<void>(std::string_view bytes)>;

// Fills `room` with the next bytes of a write and returns their number, which is less only at the end of the data. An
// error ends the transfer.
using BulkSource = std::function<Result<std::size_t>(std::span<char> room)>;

// Told after each piece how many bytes of how many are moved; of a write without a length nobody knows how many.
using BulkProgress = std::function<void(std::uint64_t bytes, std::optional<std::uint64_t> of)>;

// Both use the client for themselves while they last and run in its thread. A piece that is not answered in a third of
// the client's timeout is sent again, which does no harm; the timeout counts anew from each answer. An attachment whose
// lease ended meanwhile, or whose agent was restarted, is made anew as long as it is the same segment. What the agent
// refuses, an interrupt and what sink or source say are the outcome's error, whose message says how far it got.
// kOutOfRange before anything is moved if it is known ahead that it does not fit, and for a write without a length once
// more data comes than fits.
[[nodiscard]] BulkOutcome read_all(Client& client, const BulkRange& range, const BulkSink& sink,
                                   const BulkProgress& progress = {});
[[nodiscard]] BulkOutcome write_all(Client& client, const BulkRange& range, const BulkSource& source,
                                    const BulkProgress& progress = {});

}  // namespace shmbus
