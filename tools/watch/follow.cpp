#include "tools/watch/follow.hpp"

#include "tools/shared/text.hpp"
#include "tools/watch/command.hpp"
#include "tools/watch/position_file.hpp"

namespace shmbus {
namespace {

constexpr std::uint64_t kMostUnsaved = 1000;  // items, in a batch that does not end

}  // namespace

Follower::Follower(const WatchOptions& options, const InterruptSignal& interrupt, EventStream& stream)
    : options_(options),
      interrupt_(interrupt),
      stream_(stream),
      notes_(options.json ? OutputForm::kJson : OutputForm::kText),
      position_(stream.position()) {}

Result<void> Follower::run() {
  if (Result<void> saved = save(); !saved) {  // a run that is killed before its first event resumes from here
    return saved;
  }
  Result<void> ended = follow();
  Result<void> saved = save();
  return ended ? std::move(saved) : std::move(ended);
}

Result<void> Follower::follow() {
  std::optional<Clock::time_point> deadline;
  if (options_.timeout) {
    deadline = Clock::now() + *options_.timeout;
  }
  while (!is_done()) {
    const Result<StreamItem> item = take(deadline);
    if (!item) {
      position_ = stream_.position();
      return item.error().code == ErrorCode::kTimedOut ? at_deadline() : item.error();
    }
    if (Result<void> told = tell(*item); !told) {
      return told;
    }
    position_ = stream_.position();
    ++unsaved_;
    if (options_.exec && interrupt_.has_come()) {
      return Error{ErrorCode::kInterrupted, "interrupted"};
    }
    if (deadline && Clock::now() >= *deadline && !is_done()) {
      return at_deadline();
    }
  }
  return {};
}

// One save covers all items that are ready at once; with --exec each item has its own.
Result<StreamItem> Follower::take(std::optional<Clock::time_point> deadline) {
  if (options_.since_file && unsaved_ > 0) {
    if (!options_.exec && unsaved_ < kMostUnsaved) {
      Result<StreamItem> ready = stream_.next(Clock::now());
      if (ready || ready.error().code != ErrorCode::kTimedOut) {
        return ready;
      }
    }
    if (const Result<void> saved = save(); !saved) {
      return saved.error();
    }
  }
  return stream_.next(deadline);
}

Result<void> Follower::tell(const StreamItem& item) {
  if (const std::uint64_t recovered = stream_.recovered(); recovered > recovered_) {
    notes_.recovered(recovered - recovered_);
    recovered_ = recovered;
  }
  if (const auto* event = std::get_if<StreamEvent>(&item)) {
    return tell(*event);
  }
  notes_.resync(std::get<Resync>(item));
  return {};
}

Result<void> Follower::tell(const StreamEvent& event) {
  const bool wanted = wants(options_, event.event);
  if (!wanted && event.event.kind != EventKind::kMissed) {
    return {};
  }
  const Result<Json> document = json_from_msgpack(event.body);
  if (!document) {
    return document.error();
  }
  if (!wanted) {  // the missed changes may include some that pass the filter
    notes_.missed(*document);
    return {};
  }
  ++told_;
  return options_.exec ? hand_over(event, *document)
                       : write_stdout((options_.json ? to_line(*document) : text_of_event(*document)) + "\n");
}

Result<void> Follower::hand_over(const StreamEvent& event, const Json& document) {
  const Result<CommandStatus> status = run_command(*options_.exec, event.event, to_line(document) + "\n");
  if (!status) {
    return status.error();
  }
  if (*status != 0) {
    notes_.command_failed(event.event.seq, *status);
  }
  return {};
}

Result<void> Follower::save() {
  if (!options_.since_file || saved_ == position_) {
    return {};
  }
  Result<void> saved = save_position(*options_.since_file, position_);
  if (saved) {
    saved_ = position_;
    unsaved_ = 0;
  }
  return saved;
}

Result<void> Follower::at_deadline() const {
  if (!options_.count) {
    return {};
  }
  return Error{ErrorCode::kTimedOut, "only " + std::to_string(told_) + " of " + std::to_string(*options_.count) +
                                         " events arrived within " + std::to_string(options_.timeout->count()) + " ms"};
}

}  // namespace shmbus
