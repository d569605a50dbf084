// shmbus-watch: the events of the agent, a line each on stdout; what happens to the watching itself on stderr.
#include <iostream>

#include "protocol/client/client.hpp"
#include "protocol/client/event_stream.hpp"
#include "tools/report.hpp"
#include "tools/text.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {
namespace {

constexpr const char* kProgram = "shmbus-watch";

class Watcher {
 public:
  explicit Watcher(const WatchOptions& options) : options_(options) {}

  Result<void> run() {
    const Result<Endpoint> commands = find_endpoint(Channel::kCommands, options_.commands);
    const Result<Endpoint> events = find_endpoint(Channel::kEvents, options_.events);
    if (!commands || !events) {
      return commands ? events.error() : commands.error();
    }
    if (options_.verbose && !options_.json) {
      std::cerr << kProgram << ": commands at " << describe(*commands) << "\n"
                << kProgram << ": events at " << describe(*events) << "\n";
    }
    const InterruptSignal interrupt;
    Result<Client> client = Client::open({*commands, options_.connect_timeout, interrupt.fd()});
    if (!client) {
      return client.error();
    }
    Result<std::unique_ptr<EventStream>> stream =
        EventStream::open({*events, options_.shm_key, options_.connect_timeout, interrupt.fd(), {}}, *client);
    if (!stream) {
      return stream.error();
    }
    std::cerr << "watching\n" << std::flush;  // the same with --json: scripts wait for this line
    return follow(**stream);
  }

 private:
  Result<void> follow(EventStream& stream) {
    std::optional<Clock::time_point> deadline;
    if (options_.timeout) {
      deadline = Clock::now() + *options_.timeout;
    }
    while (!options_.count || told_ < *options_.count) {
      const Result<StreamItem> item = stream.next(deadline);
      if (!item) {
        return item.error().code == ErrorCode::kTimedOut ? at_deadline() : item.error();
      }
      if (const auto* event = std::get_if<StreamEvent>(&*item)) {
        if (Result<void> told = tell(*event); !told) {
          return told;
        }
      } else {
        tell(std::get<Resync>(*item));
      }
      if (deadline && Clock::now() >= *deadline && (!options_.count || told_ < *options_.count)) {
        return at_deadline();
      }
    }
    return {};
  }

  [[nodiscard]] Result<void> at_deadline() const {
    if (!options_.count) {
      return {};
    }
    return Error{ErrorCode::kTimedOut, "only " + std::to_string(told_) + " of " + std::to_string(*options_.count) +
                                           " events came in " + std::to_string(options_.timeout->count()) + " ms"};
  }

  Result<void> tell(const StreamEvent& event) {
    const bool wanted = wants(options_, event.event);
    if (!wanted && event.event.kind != EventKind::kMissed) {
      return {};
    }
    const Result<Json> document = json_from_msgpack(event.body);
    if (!document) {
      return document.error();
    }
    if (!wanted) {  // changes that the filter would have let through may be among them
      note({{"notice", "missed"}, {"event", *document}}, text_of_event(*document));
      return {};
    }
    ++told_;
    return write_stdout((options_.json ? to_line(*document) : text_of_event(*document)) + "\n");
  }

  void tell(const Resync& resync) const {
    const Snapshot& now = resync.snapshot;
    note({{"notice", "resync"},
          {"reason", resync.reason},
          {"epoch", now.epoch},
          {"seq", now.seq},
          {"segments", now.segments.size()}},
         "resync: " + resync.reason + "; changes in between were not told, there are " +
             std::to_string(now.segments.size()) + " segments now" + (options_.shm_key ? " with this key" : ""));
  }

  // In one write, so that it stays whole.
  void note(const Json& document, const std::string& text) const {
    std::cerr << (options_.json ? to_line(document) : text) + "\n" << std::flush;
  }

  const WatchOptions& options_;
  std::uint64_t told_ = 0;
};

int main_of_watch(int argc, const char* const* argv) {
  const std::variant<WatchOptions, int> parsed = parse_watch_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) {
    return *status;
  }
  const auto& options = std::get<WatchOptions>(parsed);
  const OutputForm form = options.json ? OutputForm::kJson : OutputForm::kText;
  try {
    const Result<void> done = Watcher(options).run();
    return done ? 0 : report(kProgram, done.error(), form);
  } catch (const std::exception& error) {
    return report(kProgram, {ErrorCode::kInternal, error.what()}, form);
  }
}

}  // namespace
}  // namespace shmbus

int main(int argc, char** argv) { return shmbus::main_of_watch(argc, argv); }
