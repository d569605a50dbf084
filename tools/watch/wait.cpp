#include "tools/watch/wait.hpp"

#include "tools/watch/notes.hpp"

namespace shmbus {

bool holds_now(const WatchOptions& options, const SegmentTable& table) {
  bool is_there = false;
  for (const auto& [shmid, segment] : table.segments()) {
    if ((options.shm_key && *options.shm_key != segment.shm_key) ||
        (options.shm_shmid && *options.shm_shmid != shmid)) {
      continue;
    }
    if (options.wait->holds(&segment)) {
      return true;
    }
    is_there = true;
  }
  return !is_there && options.wait->holds(nullptr);
}

Result<void> wait_for_condition(const WatchOptions& options, EventStream& stream) {
  const Notes notes(options.json ? OutputForm::kJson : OutputForm::kText);
  std::optional<Clock::time_point> deadline;
  if (options.timeout) {
    deadline = Clock::now() + *options.timeout;
  }
  SegmentTable table;
  table.reset(*stream.snapshot());
  while (!holds_now(options, table)) {
    const Result<StreamItem> item = deadline && Clock::now() >= *deadline
                                        ? Result<StreamItem>(Error{ErrorCode::kTimedOut, ""})
                                        : stream.next(deadline);
    if (!item && item.error().code == ErrorCode::kTimedOut) {
      return Error{ErrorCode::kTimedOut,
                   "the condition did not hold within " + std::to_string(options.timeout->count()) + " ms"};
    }
    if (!item) {
      return item.error();
    }
    table.apply(*item);
    if (const auto* resync = std::get_if<Resync>(&*item)) {
      notes.resync(*resync);
    }
  }
  return {};
}

}  // namespace shmbus
