#include "tools/watch/options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

#include "protocol/number.hpp"
#include "tools/shared/command_line.hpp"
#include "tools/shared/json.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {
namespace {

constexpr const char* kProgram = "shmbus-watch";

// Parses key and shmid with the decoder of the `events` operation, so that every tool accepts the same spellings.
Result<void> read_segment(const std::string& key, const std::string& shmid, WatchOptions& options) {
  Json request{{"op", "events"}};
  if (!key.empty()) {
    request["shm_key"] = key == "private" ? "0" : key;
  }
  if (!shmid.empty()) {
    request["shm_shmid"] = shmid;
  }
  std::string frame;
  const Result<Request> decoded = request_from_json(request, frame);
  if (!decoded) {
    return decoded.error();
  }
  const auto& filter = std::get<EventsRequest>(decoded->operation);
  options.shm_key = filter.shm_key;
  options.shm_shmid = filter.shm_shmid;
  return {};
}

Result<void> read_kinds(const std::vector<std::string>& names, WatchOptions& options) {
  for (const std::string& name : names) {
    const std::optional<EventKind> kind = event_kind_named(name);
    if (!kind) {
      return Error{ErrorCode::kBadRequest, "there is no event '" + name + "'",
                   "the events are created, removed, marked, attached, detached, set, written, missed"};
    }
    options.kinds.insert(*kind);
  }
  return {};
}

// Returns the error message for a value of --count, "" if it is valid.
std::string check_count(const std::string& text) {
  return parse_number<std::uint64_t>(text).value_or(0) > 0 ? "" : "'" + text + "' is not a whole number from 1";
}

Result<void> read_condition(const std::string& text, WatchOptions& options) {
  if (!options.shm_key && !options.shm_shmid) {
    return Error{ErrorCode::kBadRequest, "--wait: of which segment? --key, --shmid or both say so"};
  }
  Result<Condition> condition = Condition::parse(text);
  if (!condition) {
    return std::move(condition).error();
  }
  options.wait = *std::move(condition);
  return {};
}

}  // namespace

std::variant<WatchOptions, int> parse_watch_options(int argc, const char* const* argv) {
  WatchOptions options;
  std::string key;
  std::string shmid;
  std::vector<std::string> kinds;
  std::optional<std::string> condition;
  AccessOptions access;
  CLI::App app{"Follows the changes of System V shared memory that shmbus-agent tells.", kProgram};
  app.set_version_flag("--version", std::string(kProgram) + " " + SHMBUS_VERSION);
  app.add_option("--key", key, "only segments with this key; private for those without one");
  app.add_option("--shmid", shmid, "only the segment with this id");
  CLI::Option* const event_option =
      app.add_option("--event", kinds, "only events of this name; may be repeated")->expected(1)->take_all();
  CLI::Option* const count_option = app.add_option("--count", options.count, "end after so many events")
                                        ->check(CLI::Validator(check_count, "NUMBER"));
  add_seconds(
      app, "--timeout", [&options](auto timeout) { options.timeout = timeout; },
      "end after so many seconds; status 8 if --count was not reached or --wait's condition did not hold", 1e9);
  CLI::Option* const exec_option = app.add_option(
      "--exec", options.exec,
      "instead of a line, run this by /bin/sh -c for each event, one at a time; the event is in its environment "
      "(below) and as JSON on its stdin");
  CLI::Option* const since_option =
      app.add_option("--since-file", options.since_file,
                     "go on after the event that this file names, and keep it up to date; if there is none: from now");
  CLI::Option* const wait_option =
      app.add_option("--wait", condition,
                     "end when this holds on the segment of --key or --shmid, at once or from some event on: exists, "
                     "gone, or fields of stat compared by == != < <= > >=, joined by &&: 'nattch>=1 && mode==660'");
  for (CLI::Option* const other : {event_option, count_option, exec_option, since_option}) {
    wait_option->excludes(other);
  }
  add_seconds(
      app, "--connect-timeout", [&options](auto timeout) { options.connect_timeout = timeout; },
      "seconds to wait for the agent at first (default 3)", 1e9);
  app.add_flag("--json", options.json, "one JSON document per line");
  app.add_option("--events", options.events, "events endpoint of the agent (or SHMBUS_EVENTS)");
  app.add_option("--commands", options.commands, "commands endpoint of the agent (or SHMBUS_COMMANDS)");
  add_access_options(app, access);
  app.add_flag("--verbose", options.verbose, "tell which endpoints were taken");
  app.footer(
      "--exec sets SHMBUS_EVENT, _EPOCH, _SEQ, _TIME_NS, _HOST, _KEY, _SHMID, _SOURCE, and as far as they are known "
      "_UID,\n"
      "_GID, _PID, _COMM, _PRINCIPAL. A command that fails is reported on stderr; the watch goes on.\n\n"
      "The agent is looked for in the user's own runtime directory (SHMBUS_RUNTIME_DIR, for root /run/shmbus, else\n"
      "XDG_RUNTIME_DIR/shmbus), then in /run/shmbus.\n\n"
      "Exit status: 0 done, 2 wrong usage, 7 no answer from the agent, 8 not in time, 130 interrupted; others as in "
      "PROTOCOL.md.\n\n"
      "Examples:\n  shmbus-watch --key 5679\n  shmbus-watch --since-file seen --json\n"
      "  shmbus-watch --key 5679 --event set --exec 'logger \"$SHMBUS_EVENT $SHMBUS_KEY\"'\n"
      "  shmbus-watch --key 5679 --wait 'nattch>=1' --timeout 30");

  if (const std::optional<int> status = parse_command_line(app, argc, argv)) {
    return *status;
  }
  Result<void> read = read_segment(key, shmid, options);
  if (read) {
    read = read_kinds(kinds, options);
  }
  if (read && condition) {
    read = read_condition(*condition, options);
  }
  Result<Access> resolved = read ? resolve_access(access) : read.error();
  if (!resolved) {
    return report(kProgram, resolved.error(), form_of(options.json));
  }
  options.access = *std::move(resolved);
  return options;
}

bool wants(const WatchOptions& options, const Event& event) {
  return (options.kinds.empty() || options.kinds.contains(event.kind)) &&
         (!options.shm_key || *options.shm_key == event.shm_key) &&
         (!options.shm_shmid || *options.shm_shmid == event.shm_shmid);
}

}  // namespace shmbus
