// Events on stdout, or to a command, as they come.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/client/event_stream.hpp"
#include "tools/shared/report.hpp"
#include "tools/watch/notes.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {

// One run of shmbus-watch over `stream`, by --event, --shmid, --count, --timeout, --exec and --since-file. The position
// is saved when what lies before it has been told: after each batch of events that is ready (after each command with
// --exec), and at the end. So an end by force repeats events, and never leaves one out.
class Follower {
 public:
  // All of these must outlive it.
  Follower(const WatchOptions& options, const InterruptSignal& interrupt, EventStream& stream);

  // Returns at --count or --timeout. Errors: kTimedOut if --count was not reached, kInterrupted, and what goes wrong
  // with stream, stdout, command or file.
  [[nodiscard]] Result<void> run();

 private:
  Result<void> follow();
  Result<StreamItem> take(std::optional<Clock::time_point> deadline);
  Result<void> tell(const StreamItem& item);
  Result<void> tell(const StreamEvent& event);
  Result<void> hand_over(const StreamEvent& event, const Json& document);
  Result<void> save();
  [[nodiscard]] bool is_done() const { return options_.count && told_ >= *options_.count; }
  [[nodiscard]] Result<void> at_deadline() const;

  const WatchOptions& options_;
  const InterruptSignal& interrupt_;
  EventStream& stream_;
  const Notes notes_;
  std::uint64_t told_ = 0;       // events that passed the filter
  std::uint64_t recovered_ = 0;  // of stream_, as far as told
  std::uint64_t unsaved_ = 0;    // items since the position was saved
  StreamPosition position_;      // everything up to it has been told
  std::optional<StreamPosition> saved_;
};

}  // namespace shmbus
