// The main loop of shmbus-watch without --wait: prints each event on stdout, or runs a command for it, as it arrives.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/client/event_stream.hpp"
#include "tools/shared/report.hpp"
#include "tools/watch/notes.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {

// One run of shmbus-watch over `stream`, controlled by --event, --shmid, --count, --timeout, --exec and --since-file.
//
// The position in --since-file is saved at the start, and from then on only after the events before it were delivered,
// that is printed or handled by the command. A save is due when no further event is ready or 1000 items are unsaved;
// with --exec after each command; and at the end. If the process is killed, the next run repeats the events since the
// last save and skips none.
//
// Events lost on the way, gaps and failed commands are reported on stderr, see Notes. Not thread-safe.
class Follower {
 public:
  // Keeps references: all three must outlive the follower.
  Follower(const WatchOptions& options, const InterruptSignal& interrupt, EventStream& stream);

  // Delivers events until --count is reached, --timeout has passed, SIGINT arrives or an error occurs. The timeout
  // counts from this call; a command that is running when it passes is not cut short. Call it once.
  // Errors: kTimedOut if --timeout passed before --count was reached; kInterrupted; and the errors of the stream, of
  // stdout, of starting a command and of saving the position.
  [[nodiscard]] Result<void> run();

 private:
  Result<void> follow();

  // Returns the next item. Saves the position before it waits for one.
  Result<StreamItem> take(std::optional<Clock::time_point> deadline);

  Result<void> tell(const StreamItem& item);
  Result<void> tell(const StreamEvent& event);

  // Runs the command of --exec for an event; a status other than 0 is noted and no error.
  Result<void> hand_over(const StreamEvent& event, const Json& document);

  // Writes position_ to --since-file, if that is given and this run has not saved the same one.
  Result<void> save();

  [[nodiscard]] bool is_done() const { return options_.count && told_ >= *options_.count; }

  // Returns the outcome of a run that --timeout ended: an error only with --count.
  [[nodiscard]] Result<void> at_deadline() const;

  const WatchOptions& options_;
  const InterruptSignal& interrupt_;
  EventStream& stream_;
  const Notes notes_;
  std::uint64_t told_ = 0;               // events that passed the filter, for --count
  std::uint64_t recovered_ = 0;          // part of stream_.recovered() that was reported
  std::uint64_t unsaved_ = 0;            // items delivered since the position was saved
  StreamPosition position_;              // everything up to it was delivered
  std::optional<StreamPosition> saved_;  // the last position saved in this run
};

}  // namespace shmbus
