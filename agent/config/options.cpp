#include "agent/config/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

namespace shmbus::agent {
namespace {

// Accepts "660" and the like: the owner reads and writes; group and others do both, only write, or neither.
std::string not_a_socket_mode(const std::string& digits) {
  const bool fits =
      digits.size() == 3 && digits.front() == '6' && digits.find_first_not_of("026", 1) == std::string::npos;
  return fits ? "" : "a socket's permissions are three digits, 600, 660 or 666 for example";
}

// The check of CLI11, whose own message has the largest double in full.
std::string not_a_rate(const std::string& text) {
  return CLI::NonNegativeNumber(text).empty() ? "" : "'" + text + "' is not a number, 0 or more";
}

// Adds an option that takes a number in the unit of `into`, which `unit` names in the help.
template <class Duration>
CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& into, const std::string& help,
                          const std::string& unit) {
  return app
      .add_option_function<std::int64_t>(
          name, [&into](std::int64_t count) { into = Duration(count); }, help)
      ->default_str(std::to_string(into.count()))
      ->type_name(unit);
}

// Checks a number; the help states the range in words, where it is not obvious.
CLI::Validator from_to(auto least, auto most) { return CLI::Range(least, most).description(""); }

// Returns the words of choices for the help: "{auto,trace,scan}".
template <class Choices>
std::string words_of(const Choices& choices) {
  return CLI::IsMember(choices).get_description();
}

// Adds an option that takes one of a few words; the first is shown as the default.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& into, const std::string& help,
                        const std::vector<std::pair<std::string, Value>>& choices) {
  const auto choose = [&into, choices](const std::string& chosen) {
    into = std::ranges::find(choices, chosen, &std::pair<std::string, Value>::first)->second;
  };
  return app.add_option_function<std::string>(name, choose, help)
      ->type_name(words_of(choices))
      ->check(CLI::IsMember(choices).description(""))
      ->default_str(choices.front().first);
}

void add_endpoints(CLI::App& app, Config& config, OptionWords& words) {
  app.add_option("--commands", config.commands, "Endpoint for requests; may be repeated")
      ->type_name("ENDPOINT")
      ->envname("SHMBUS_COMMANDS")
      ->delimiter(',');
  app.add_option("--events", config.events, "Endpoint for events; may be repeated")
      ->type_name("ENDPOINT")
      ->envname("SHMBUS_EVENTS")
      ->delimiter(',');
  app.add_option("--socket-mode", words.socket_mode,
                 "Permissions of the ipc sockets: 660 adds the group, 666 everyone\n(default 600)")
      ->type_name("MODE")
      ->envname("SHMBUS_SOCKET_MODE")
      ->check(not_a_socket_mode);
  app.add_option("--events-mode", words.events_mode, "The same for the events sockets (default: as --socket-mode)")
      ->type_name("MODE")
      ->envname("SHMBUS_EVENTS_MODE")
      ->check(not_a_socket_mode);
  app.add_option("--socket-group", words.socket_group,
                 "Group of the ipc sockets, by name or number; without --socket-mode\nit implies 660")
      ->type_name("GROUP")
      ->envname("SHMBUS_SOCKET_GROUP");
}

void add_access(CLI::App& app, Config& config) {
  app.add_flag("--insecure-tcp", config.insecure_tcp,
               "Allow TCP endpoints without keys, on loopback only; every client is\n"
               "served, as user nobody if the agent runs as root");
  app.add_option("--curve-secret", config.curve_secret,
                 "The agent's key pair (NAME.secret): TCP endpoints accept only\n"
                 "clients with an authorized key; requires --curve-keys")
      ->type_name("FILE")
      ->envname("SHMBUS_CURVE_SECRET");
  app.add_option("--curve-keys", config.curve_keys,
                 "Directory with the keys of authorized clients (NAME.key); reloaded\non SIGHUP")
      ->type_name("DIR")
      ->envname("SHMBUS_CURVE_KEYS");
  app.add_option("--policy", config.policy, "Rules that deny or grant operations (TOML); reloaded on SIGHUP")
      ->type_name("FILE")
      ->envname("SHMBUS_POLICY");
  app.add_option("--explain", config.explain,
                 "Print what the policy decides about a request, and exit; for example\n"
                 "'user=bob op=set shm_key=5679 mode=666'")
      ->type_name("REQUEST");
  app.add_option("--audit", config.audit, "File that records each change and each denial; reopened on SIGHUP")
      ->type_name("FILE")
      ->envname("SHMBUS_AUDIT");
  add_choice(app, "--audit-failure", config.refuses_without_audit,
             "While the audit cannot be written: refuse changes, or continue", {{"refuse", true}, {"continue", false}})
      ->envname("SHMBUS_AUDIT_FAILURE");
}

void add_detection(CLI::App& app, Config& config) {
  add_duration(app, "--scan-interval", config.scan_interval,
               "Longest pause between two scans, in milliseconds; at least 5000\n"
               "while calls are traced; 0: no scans",
               "MS")
      ->envname("SHMBUS_SCAN_INTERVAL")
      ->check(from_to(0, 86'400'000));
  add_choice(app, "--detection", config.detection,
             "Detection of changes by other processes: trace (kernel tracepoints;\nneeds root), scan, or auto",
             {{"auto", DetectionMode::kAuto}, {"trace", DetectionMode::kTrace}, {"scan", DetectionMode::kScan}})
      ->envname("SHMBUS_DETECTION");
  add_duration(app, "--settle", config.settle,
               "Shortest pause between two reads of the trace, in milliseconds, from\n1 to 1000", "MS")
      ->envname("SHMBUS_SETTLE")
      ->check(from_to(1, 1000));
}

void add_limits(CLI::App& app, Limits& limits) {
  app.option_defaults()->always_capture_default();
  app.add_option("--max-attachments", limits.attachments, "Attachments held at a time")->type_name("COUNT");
  app.add_option("--max-attachments-per-principal", limits.attachments_per_principal, "The same for one caller")
      ->type_name("COUNT");
  add_duration(app, "--max-lease", limits.lease, "Longest time that an attachment is held without use, in seconds",
               "SECONDS")
      ->check(from_to(std::int64_t{1}, kLongestLease.count()));
  add_duration(app, "--once-lifetime", limits.once_lifetime,
               "Time for which the outcome of a request with `once` is remembered,\nin seconds, from 60", "SECONDS")
      ->check(from_to(60, 86'400));  // clients rely on a minute
  app.add_option("--max-connections", limits.connections,
                 "Open connections, for requests and events together; 0: as many as\nfile descriptors allow")
      ->type_name("COUNT");
  app.add_option("--max-connections-per-user", limits.connections_per_uid, "The same for one local user; 0: no limit")
      ->type_name("COUNT");
  app.add_option("--max-requests-per-second", limits.requests_per_second,
                 "Requests of one caller on sockets that other users can reach, each\nof a batch counted; 0: no limit")
      ->type_name("COUNT")
      ->check(not_a_rate);
  app.add_option("--max-subscription-bytes", limits.subscription_bytes,
                 "Bytes of all subscriptions at one endpoint, 64 in addition to each\n"
                 "topic, from 4096; beyond it the peer that holds the most is\ndisconnected")
      ->type_name("BYTES")
      ->check(from_to(std::size_t{4096}, std::size_t{1} << 40));
  app.add_option("--replay-bytes", limits.replay_bytes, "Bytes of events kept for replay")->type_name("BYTES");
}

void add_log(CLI::App& app, Config& config) {
  const std::vector<std::string> levels{"trace", "debug", "info", "warn", "warning", "error", "critical", "off"};
  app.add_option("--log-level", config.log_level, "Lowest severity that is logged")
      ->type_name(words_of(levels))
      ->envname("SHMBUS_LOG_LEVEL")
      ->check(CLI::IsMember(levels).description(""))
      ->capture_default_str();
  add_choice(app, "--log-format", config.log_format, "Format of the log: text, or json with one object per line",
             {{"text", LogFormat::kText}, {"json", LogFormat::kJson}})
      ->envname("SHMBUS_LOG_FORMAT");
}

void add_questions(CLI::App& app, Config& config, std::string& file, const std::string& version) {
  app.footer(
      "Without --commands and --events the sockets are commands.sock and events.sock in\n"
      "$SHMBUS_RUNTIME_DIR, else $RUNTIME_DIRECTORY (systemd), else /run/shmbus for root, else\n"
      "$XDG_RUNTIME_DIR/shmbus, else /tmp/shmbus-UID. Every option can also be set in a file,\n"
      "see shmbus.toml(5).\n\n"
      "Examples:\n  shmbus-agent\n  shmbus-agent --socket-mode 666 --policy /etc/shmbus/policy.toml\n"
      "  shmbus-agent --commands tcp://127.0.0.1:5555 --insecure-tcp\n  shmbus-agent --config shmbus.toml --check\n\n"
      "Exit status:\n  0  stopped by SIGTERM or SIGINT\n  1  the start or the agent failed\n  2  invalid usage\n\n"
      "See also: shmbus-send(1), shmbus.toml(5), shmbus-policy(5), shmbus-agent(8)");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", version, "Print the version and exit");
  app.add_option("--config", file,
                 "File with options (TOML); the command line and the environment take\n"
                 "precedence (default: " +
                     std::string(kConfigFile) + " if it exists)")
      ->type_name("FILE")
      ->envname("SHMBUS_CONFIG");
  app.add_flag("--check", config.check, "Print all options with their values and origins, and exit");
}

}  // namespace

void add_options(CLI::App& app, Config& config, OptionWords& words, const std::string& version) {
  add_questions(app, config, words.config_file, version);
  add_endpoints(app, config, words);
  add_access(app, config);
  add_detection(app, config);
  add_log(app, config);
  add_limits(app, config.limits);
}

}  // namespace shmbus::agent
