// shmbus-watch: prints the agent's events on stdout, runs a command for each, or waits for a condition. Notes about the
// watch itself go to stderr.
#include <iostream>

#include "protocol/client/client.hpp"
#include "protocol/client/event_stream.hpp"
#include "tools/shared/report.hpp"
#include "tools/watch/follow.hpp"
#include "tools/watch/options.hpp"
#include "tools/watch/position_file.hpp"
#include "tools/watch/wait.hpp"

namespace shmbus {
namespace {

constexpr const char* kProgram = "shmbus-watch";

Result<void> watch(const WatchOptions& options) {
  std::optional<StreamPosition> since;
  if (options.since_file) {
    const Result<std::optional<StreamPosition>> loaded = load_position(*options.since_file);
    if (!loaded) {
      return loaded.error();
    }
    since = *loaded;
  }
  const Result<Endpoint> commands = find_endpoint(Channel::kCommands, options.commands);
  const Result<Endpoint> events = find_endpoint(Channel::kEvents, options.events);
  if (!commands || !events) {
    return commands ? events.error() : commands.error();
  }
  if (options.verbose && !options.json) {
    std::cerr << kProgram << ": commands at " << describe(*commands) << "\n"
              << kProgram << ": events at " << describe(*events) << "\n";
  }
  const InterruptSignal interrupt;
  const Access& access = options.access;
  Result<Client> client =
      Client::open({*commands, options.connect_timeout, interrupt.fd(), access.curve, access.agent_user});
  if (!client) {
    return client.error();
  }
  Result<std::unique_ptr<EventStream>> stream = EventStream::open(
      {*events, options.shm_key, options.connect_timeout, interrupt.fd(), since, access.curve, access.agent_user},
      *client);
  if (!stream) {
    return stream.error();
  }
  std::cerr << "watching\n" << std::flush;  // also with --json: scripts wait for this line
  return options.wait ? wait_for_condition(options, **stream) : Follower(options, interrupt, **stream).run();
}

int main_of_watch(int argc, const char* const* argv) {
  OutputForm form = OutputForm::kText;
  try {
    const std::variant<WatchOptions, int> parsed = parse_watch_options(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) {
      return *status;
    }
    const auto& options = std::get<WatchOptions>(parsed);
    form = options.json ? OutputForm::kJson : OutputForm::kText;
    const Result<void> done = watch(options);
    return done ? 0 : report(kProgram, done.error(), form);
  } catch (const std::exception& error) {
    return report(kProgram, {ErrorCode::kInternal, error.what()}, form);
  }
}

}  // namespace
}  // namespace shmbus

int main(int argc, char** argv) { return shmbus::main_of_watch(argc, argv); }
