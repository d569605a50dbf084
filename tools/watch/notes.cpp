#include "tools/watch/notes.hpp"

#include <iostream>

#include "tools/shared/text.hpp"

namespace shmbus {

void Notes::resync(const Resync& resync) const {
  const Snapshot& now = resync.snapshot;
  tell({{"notice", "resync"},
        {"reason", resync.reason},
        {"epoch", now.epoch},
        {"seq", now.seq},
        {"segments", now.segments.size()}},
       "resync: " + resync.reason + "; the changes in between are not known, there are now " +
           std::to_string(now.segments.size()) + " of the watched segments");
}

void Notes::recovered(std::uint64_t count) const {
  tell({{"notice", "recovered"}, {"count", count}},
       "recovered: " + std::to_string(count) + " events that were lost on the way were fetched from the agent");
}

void Notes::missed(const Json& event) const { tell({{"notice", "missed"}, {"event", event}}, text_of_event(event)); }

void Notes::command_failed(std::uint64_t seq, int status) const {
  constexpr int kSignals = 128;
  tell({{"notice", "command"}, {"seq", seq}, {"status", status}},
       "the command for event " + std::to_string(seq) +
           (status > kSignals ? " was killed by signal " + std::to_string(status - kSignals)
                              : " ended with status " + std::to_string(status)));
}

void Notes::tell(const Json& document, const std::string& text) const {
  std::cerr << (form_ == OutputForm::kJson ? to_line(document) : text) + "\n" << std::flush;
}

}  // namespace shmbus
