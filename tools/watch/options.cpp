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

constexpr const char* kEndOfHelp =
    "--exec sets SHMBUS_EVENT, _EPOCH, _SEQ, _TIME_NS, _HOST, _KEY, _SHMID, _SOURCE and, if known, _UID,\n"
    "_GID, _PID, _COMM, _PRINCIPAL. A failing command is reported on stderr and does not end the watch.\n\n"
    "Without --events and --commands the agent's sockets are searched for in $SHMBUS_RUNTIME_DIR\n"
    "(default: /run/shmbus for root, else $XDG_RUNTIME_DIR/shmbus), then in /run/shmbus.\n\n"
    "Exit status:\n"
    "  0    success\n"
    "  1    internal error\n"
    "  2    invalid usage\n"
    "  4    permission denied\n"
    "  7    no reply from the agent\n"
    "  8    timed out\n"
    "  130  interrupted\n\n"
    "See also: shmbus-watch(1), shmbus-send(1), shmbus-protocol(7)";

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
      return Error{ErrorCode::kBadRequest, "unknown event '" + name + "'",
                   "the events are created, removed, marked, attached, detached, set, written, missed"};
    }
    options.kinds.insert(*kind);
  }
  return {};
}

// Returns the error message for a value of --count, "" if it is valid.
std::string check_count(const std::string& text) {
  return parse_number<std::uint64_t>(text).value_or(0) > 0 ? "" : "'" + text + "' is not a whole number, 1 or more";
}

Result<void> read_condition(const std::string& text, WatchOptions& options) {
  if (!options.shm_key && !options.shm_shmid) {
    return Error{ErrorCode::kBadRequest, "--wait needs --key or --shmid, or both"};
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
  CLI::App app{"Prints each change to System V shared memory that shmbus-agent reports.", kProgram};
  set_up_help(app, "[OPTIONS]", kEndOfHelp);
  app.add_option("--key", key, "only segments with this key; private for those without one")->option_text("KEY");
  app.add_option("--shmid", shmid, "only the segment with this id")->option_text("SHMID");
  CLI::Option* const event_option = app.add_option("--event", kinds,
                                                   "only events of this kind; may be repeated: created, removed,\n"
                                                   "marked, attached, detached, set, written, missed")
                                        ->expected(1)
                                        ->take_all()
                                        ->option_text("EVENT");
  CLI::Option* const count_option = app.add_option("--count", options.count, "exit after this many events")
                                        ->check(CLI::Validator(check_count, ""))
                                        ->option_text("COUNT");
  add_seconds(
      app, "--timeout", [&options](auto timeout) { options.timeout = timeout; },
      "exit after this time, with status 8 if --count was not reached or\n--wait did not succeed", 1'000'000'000);
  CLI::Option* const exec_option = app.add_option("--exec", options.exec,
                                                  "run a command with /bin/sh -c for each event instead of printing\n"
                                                  "it, one at a time; the event is in its environment (see below)\n"
                                                  "and as JSON on its stdin")
                                       ->option_text("COMMAND");
  CLI::Option* const since_option = app.add_option("--since-file", options.since_file,
                                                   "resume after the position in this file and keep it up to date; if\n"
                                                   "the file does not exist, start from now and create it")
                                        ->option_text("FILE");
  CLI::Option* const wait_option = app.add_option("--wait", condition,
                                                  "exit as soon as a condition holds for the segment of --key or\n"
                                                  "--shmid: exists, gone, or fields of stat compared by\n"
                                                  "== != < <= > >= and joined by &&, 'nattch>=1 && mode==660'; not\n"
                                                  "together with --event, --count, --exec or --since-file")
                                       ->option_text("CONDITION");
  for (CLI::Option* const other : {event_option, count_option, exec_option, since_option}) {
    wait_option->excludes(other);
  }
  add_seconds(
      app, "--connect-timeout", [&options](auto timeout) { options.connect_timeout = timeout; },
      "time to wait for the agent at the start (default 3)", 1'000'000'000);
  app.add_flag("--json", options.json, "print one JSON document per line");
  app.add_option("--events", options.events, "endpoint of the agent's event socket (or SHMBUS_EVENTS)")
      ->option_text("ENDPOINT");
  app.add_option("--commands", options.commands, "endpoint of the agent's command socket (or SHMBUS_COMMANDS)")
      ->option_text("ENDPOINT");
  add_access_options(app, access);
  app.add_flag("--verbose", options.verbose, "print the endpoints that are used");
  app.footer(
      "Runs until Ctrl-C, or until --count, --timeout or --wait ends it. No change is missed: events that\n"
      "were lost on the way are fetched from the agent. Direct writes to mapped memory are not visible and\n"
      "produce no event.\n\n"
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
