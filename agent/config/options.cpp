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

// Adds an option that takes a number in the unit of `into`.
template <class Duration>
CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& into, const std::string& help) {
  return app
      .add_option_function<std::int64_t>(
          name, [&into](std::int64_t count) { into = Duration(count); }, help)
      ->default_str(std::to_string(into.count()));
}

// Adds an option that takes one of a few words; the first is shown as the default.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& into, const std::string& help,
                        const std::vector<std::pair<std::string, Value>>& choices) {
  const auto choose = [&into, choices](const std::string& chosen) {
    into = std::ranges::find(choices, chosen, &std::pair<std::string, Value>::first)->second;
  };
  return app.add_option_function<std::string>(name, choose, help)
      ->check(CLI::IsMember(choices))
      ->default_str(choices.front().first);
}

void add_endpoints(CLI::App& app, Config& config, OptionWords& words) {
  app.add_option("--commands", config.commands, "Endpoint for requests; may be repeated")
      ->envname("SHMBUS_COMMANDS")
      ->delimiter(',');
  app.add_option("--events", config.events, "Endpoint for events; may be repeated")
      ->envname("SHMBUS_EVENTS")
      ->delimiter(',');
  app.add_option("--socket-mode", words.socket_mode,
                 "Permissions of the ipc sockets: 660 for a group too, 666 for everyone (default 600)")
      ->envname("SHMBUS_SOCKET_MODE")
      ->check(not_a_socket_mode);
  app.add_option("--events-mode", words.events_mode, "The same for the events alone (default: as --socket-mode)")
      ->envname("SHMBUS_EVENTS_MODE")
      ->check(not_a_socket_mode);
  app.add_option("--socket-group", words.socket_group,
                 "Group of the ipc sockets, name or number; alone it means mode 660")
      ->envname("SHMBUS_SOCKET_GROUP");
}

void add_access(CLI::App& app, Config& config) {
  app.add_flag("--insecure-tcp", config.insecure_tcp,
               "Allow TCP endpoints without keys, on loopback only: whoever connects is served, as nobody by root");
  app.add_option(
         "--curve-secret", config.curve_secret,
         "The agent's pair of keys (NAME.secret): TCP endpoints take only clients with a key; with --curve-keys")
      ->envname("SHMBUS_CURVE_SECRET");
  app.add_option("--curve-keys", config.curve_keys,
                 "Directory with the keys (NAME.key) of those who may connect; read again on SIGHUP")
      ->envname("SHMBUS_CURVE_KEYS");
  app.add_option("--policy", config.policy, "Rules of who may do what (TOML); read again on SIGHUP")
      ->envname("SHMBUS_POLICY");
  app.add_option(
      "--explain", config.explain,
      "Print what the policy says to a request, 'user=bob op=set shm_key=5679 mode=666' for example, and end");
  app.add_option("--audit", config.audit,
                 "File to which each change and each refusal is appended; opened again on SIGHUP")
      ->envname("SHMBUS_AUDIT");
  add_choice(app, "--audit-failure", config.refuses_without_audit,
             "If the audit can't be written: refuse what would change something, or continue",
             {{"refuse", true}, {"continue", false}})
      ->envname("SHMBUS_AUDIT_FAILURE");
}

void add_detection(CLI::App& app, Config& config) {
  add_duration(app, "--scan-interval", config.scan_interval,
               "Milliseconds at most between two looks at all segments, 5000 or this while calls are traced; 0: never")
      ->envname("SHMBUS_SCAN_INTERVAL")
      ->check(CLI::Range(0, 86'400'000));
  add_choice(app, "--detection", config.detection,
             "How changes made by others are found: trace (the kernel tells of calls; root), scan, or auto",
             {{"auto", DetectionMode::kAuto}, {"trace", DetectionMode::kTrace}, {"scan", DetectionMode::kScan}})
      ->envname("SHMBUS_DETECTION");
  add_duration(app, "--settle", config.settle, "Milliseconds at least between two looks at what was traced")
      ->envname("SHMBUS_SETTLE")
      ->check(CLI::Range(1, 1000));
}

void add_limits(CLI::App& app, Limits& limits) {
  app.option_defaults()->always_capture_default();
  app.add_option("--max-attachments", limits.attachments, "Attachments held at a time");
  app.add_option("--max-attachments-per-principal", limits.attachments_per_principal, "The same for one caller");
  add_duration(app, "--max-lease", limits.lease, "Seconds that an attachment is held without use, at most")
      ->check(CLI::Range(std::int64_t{1}, kLongestLease.count()));
  add_duration(app, "--once-lifetime", limits.once_lifetime, "Seconds for which the outcome of a `once` is remembered")
      ->check(CLI::Range(60, 86'400));  // clients rely on a minute
  app.add_option("--max-connections", limits.connections,
                 "Connections at a time, commands and events together; 0: as many as there are descriptors");
  app.add_option("--max-connections-per-user", limits.connections_per_uid, "The same of one local user; 0: no limit");
  app.add_option("--max-requests-per-second", limits.requests_per_second,
                 "Requests of one caller where others are served too, each of a batch counted; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--max-subscription-bytes", limits.subscription_bytes,
                 "Bytes of all subscriptions at one endpoint, 64 beside each topic; beyond it who has most is cut off")
      ->check(CLI::Range(std::size_t{4096}, std::size_t{1} << 40));
  app.add_option("--replay-bytes", limits.replay_bytes, "Events kept for replay, in bytes");
}

void add_log(CLI::App& app, Config& config) {
  app.add_option("--log-level", config.log_level, "trace, debug, info, warning, error, critical or off")
      ->envname("SHMBUS_LOG_LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "critical", "off"}))
      ->capture_default_str();
  add_choice(app, "--log-format", config.log_format, "text, or json: an object on each line",
             {{"text", LogFormat::kText}, {"json", LogFormat::kJson}})
      ->envname("SHMBUS_LOG_FORMAT");
}

void add_questions(CLI::App& app, Config& config, std::string& file, const std::string& version) {
  app.footer(
      "Without endpoints the sockets are in SHMBUS_RUNTIME_DIR, else RUNTIME_DIRECTORY (systemd), else /run/shmbus\n"
      "for root, else XDG_RUNTIME_DIR/shmbus, else /tmp/shmbus-UID.\n\n"
      "Exit status: 0 stopped by SIGTERM or SIGINT, 1 refused or failed, 2 wrong usage.\n\n"
      "Examples:\n  shmbus-agent\n  shmbus-agent --socket-mode 666 --policy /etc/shmbus/policy.toml\n"
      "  shmbus-agent --commands tcp://127.0.0.1:5555 --insecure-tcp\n  shmbus-agent --config shmbus.toml --check");
  app.set_version_flag("--version", version);
  app.add_option("--config", file,
                 "File with options (TOML), which those given here or in the environment precede\n"
                 "(default: " +
                     std::string(kConfigFile) + " if it exists)")
      ->envname("SHMBUS_CONFIG");
  app.add_flag("--check", config.check, "Print all options with their values and where these come from, and end");
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
