#include "agent/config/options.hpp"

#include <CLI/CLI.hpp>

namespace shmbus::agent {
namespace {

// "660" and the like: the owner reads and writes, others do both, only write, or neither.
std::string not_a_socket_mode(const std::string& digits) {
  const bool fits =
      digits.size() == 3 && digits.front() == '6' && digits.find_first_not_of("026", 1) == std::string::npos;
  return fits ? "" : "a socket's permissions are three digits, 600, 660 or 666 for example";
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

void add_access(CLI::App& app, Config& config, OptionWords& words) {
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
  app.add_option("--audit-failure", words.audit_failure,
                 "If the audit can't be written: refuse what would change something, or continue")
      ->envname("SHMBUS_AUDIT_FAILURE")
      ->check(CLI::IsMember({"refuse", "continue"}))
      ->capture_default_str();
}

void add_detection(CLI::App& app, OptionWords& words) {
  app.add_option(
         "--scan-interval", words.scan_ms,
         "Milliseconds at most between two looks at all segments, 5000 or this while calls are traced; 0: never")
      ->envname("SHMBUS_SCAN_INTERVAL")
      ->check(CLI::Range(0, 86'400'000))
      ->capture_default_str();
  app.add_option("--detection", words.detection,
                 "How changes made by others are found: trace (the kernel tells of calls; root), scan, or auto")
      ->envname("SHMBUS_DETECTION")
      ->check(CLI::IsMember({"auto", "trace", "scan"}))
      ->capture_default_str();
  app.add_option("--settle", words.settle_ms, "Milliseconds at least between two looks at what was traced")
      ->envname("SHMBUS_SETTLE")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void add_limits(CLI::App& app, Limits& limits, OptionWords& words) {
  app.add_option("--max-attachments", limits.attachments, "Attachments held at a time")->capture_default_str();
  app.add_option("--max-attachments-per-principal", limits.attachments_per_principal, "The same for one caller")
      ->capture_default_str();
  app.add_option("--max-lease", words.lease_s, "Seconds that an attachment is held without use, at most")
      ->check(CLI::Range(std::int64_t{1}, kLongestLease.count()))
      ->capture_default_str();
  app.add_option("--once-lifetime", words.once_s, "Seconds for which the outcome of a `once` is remembered")
      ->check(CLI::Range(60, 86'400))  // clients count on a minute
      ->capture_default_str();
  app.add_option("--max-connections", limits.connections,
                 "Connections at a time, commands and events together; 0: as many as there are descriptors")
      ->capture_default_str();
  app.add_option("--max-connections-per-user", limits.connections_per_uid, "The same of one local user; 0: no limit")
      ->capture_default_str();
  app.add_option("--max-requests-per-second", limits.requests_per_second,
                 "Requests of one caller where others are served too, each of a batch counted; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--max-subscription-bytes", limits.subscription_bytes,
                 "Bytes of all subscriptions at one endpoint, 64 beside each topic; beyond it who has most is cut off")
      ->check(CLI::Range(std::size_t{4096}, std::size_t{1} << 40))
      ->capture_default_str();
  app.add_option("--replay-bytes", limits.replay_bytes, "Events kept for replay, in bytes")->capture_default_str();
}

void add_log(CLI::App& app, Config& config, OptionWords& words) {
  app.add_option("--log-level", config.log_level, "trace, debug, info, warning, error, critical or off")
      ->envname("SHMBUS_LOG_LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "critical", "off"}))
      ->capture_default_str();
  app.add_option("--log-format", words.log_format, "text, or json: an object on each line")
      ->envname("SHMBUS_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
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

OptionWords words_of(const Config& config) {
  OptionWords words;
  words.scan_ms = config.scan_interval.count();
  words.settle_ms = config.settle.count();
  words.lease_s = config.limits.lease.count();
  words.once_s = config.limits.once_lifetime.count();
  return words;
}

void add_options(CLI::App& app, Config& config, OptionWords& words, const std::string& version) {
  add_questions(app, config, words.config_file, version);
  add_endpoints(app, config, words);
  add_access(app, config, words);
  add_detection(app, words);
  add_log(app, config, words);
  add_limits(app, config.limits, words);
}

}  // namespace shmbus::agent
