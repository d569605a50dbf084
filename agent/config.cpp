#include "agent/config.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <set>

#include "agent/access/users.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr std::string_view kTcp = "tcp://";

// True for 127.x.y.z:PORT and [::1]:PORT; names are not resolved.
bool is_loopback(std::string_view address) {
  const std::string host(address.substr(0, address.rfind(':')));
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT) == IN_LOOPBACKNET;
  }
  return host == "[::1]";
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text == "*" || (error == std::errc() && end == text.data() + text.size() && port != 0);
}

Error refused(const std::string& endpoint, const std::string& why, const std::string& hint = "") {
  return {.code = ErrorCode::kBadRequest, .message = "endpoint " + endpoint + " is refused: " + why, .hint = hint};
}

void use_defaults(Config& config) {
  config.runtime_directory = agent_runtime_directory();
  const auto in_directory = [&config](const char* socket) {
    config.uses_runtime_directory = true;
    return std::string(kIpc) + config.runtime_directory.path + "/" + socket;
  };
  if (config.commands.empty()) {
    config.commands = {in_directory(kCommandsSocket)};
  }
  if (config.events.empty()) {
    config.events = {in_directory(kEventsSocket)};
  }
}

// "660" and the like: the owner reads and writes, others do both, only write, or neither.
std::string not_a_socket_mode(const std::string& digits) {
  const bool fits =
      digits.size() == 3 && digits.front() == '6' && digits.find_first_not_of("026", 1) == std::string::npos;
  return fits ? "" : "a socket's permissions are three digits, 600, 660 or 666 for example";
}

SocketAccess access_of(const std::string& digits, std::optional<gid_t> group) {
  return {.mode = static_cast<mode_t>(std::stoul(digits, nullptr, 8)), .group = group};
}

}  // namespace

ParsedConfig parse_config(int argc, char** argv) {
  ParsedConfig parsed;
  Config& config = parsed.config;
  CLI::App app{"System V shared memory of this host as a resource on a ZeroMQ bus.", "shmbus-agent"};
  app.footer(
      "Without endpoints the sockets are in SHMBUS_RUNTIME_DIR, else RUNTIME_DIRECTORY (systemd), else /run/shmbus\n"
      "for root, else XDG_RUNTIME_DIR/shmbus, else /tmp/shmbus-UID.\n\n"
      "Exit status: 0 stopped by SIGTERM or SIGINT, 1 refused or failed, 2 wrong usage.\n\n"
      "Examples:\n  shmbus-agent\n  shmbus-agent --commands tcp://127.0.0.1:5555 --insecure-tcp");
  std::int64_t scan_ms = config.scan_interval.count();
  std::int64_t settle_ms = config.settle.count();
  std::string detection = "auto";
  std::string socket_mode;
  std::string events_mode;
  std::string socket_group;
  app.set_version_flag("--version", "shmbus-agent " SHMBUS_VERSION);
  app.add_option("--commands", config.commands, "Endpoint for requests; may be repeated")
      ->envname("SHMBUS_COMMANDS")
      ->delimiter(',');
  app.add_option("--events", config.events, "Endpoint for events; may be repeated")
      ->envname("SHMBUS_EVENTS")
      ->delimiter(',');
  app.add_option(
         "--scan-interval", scan_ms,
         "Milliseconds at most between two looks at all segments, 5000 or this while calls are traced; 0: never")
      ->envname("SHMBUS_SCAN_INTERVAL")
      ->check(CLI::Range(0, 86'400'000))
      ->capture_default_str();
  app.add_option("--detection", detection,
                 "How changes made by others are found: trace (the kernel tells of calls; root), scan, or auto")
      ->envname("SHMBUS_DETECTION")
      ->check(CLI::IsMember({"auto", "trace", "scan"}))
      ->capture_default_str();
  app.add_option("--settle", settle_ms, "Milliseconds at least between two looks at what was traced")
      ->envname("SHMBUS_SETTLE")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--log-level", config.log_level, "trace, debug, info, warning, error, critical or off")
      ->envname("SHMBUS_LOG_LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "critical", "off"}))
      ->capture_default_str();
  app.add_flag("--insecure-tcp", config.insecure_tcp,
               "Allow TCP endpoints, on loopback only: whoever connects is served");
  app.add_option("--socket-mode", socket_mode,
                 "Permissions of the ipc sockets: 660 for a group too, 666 for everyone (default 600)")
      ->envname("SHMBUS_SOCKET_MODE")
      ->check(not_a_socket_mode);
  app.add_option("--events-mode", events_mode, "The same for the events alone (default: as --socket-mode)")
      ->envname("SHMBUS_EVENTS_MODE")
      ->check(not_a_socket_mode);
  app.add_option("--socket-group", socket_group, "Group of the ipc sockets, name or number; alone it means mode 660")
      ->envname("SHMBUS_SOCKET_GROUP");
  Limits& limits = config.limits;
  app.add_option("--max-attachments", limits.attachments, "Attachments held at a time")->capture_default_str();
  app.add_option("--max-attachments-per-principal", limits.attachments_per_principal, "The same for one caller")
      ->capture_default_str();
  app.add_option("--replay-bytes", limits.replay_bytes, "Events kept for replay, in bytes")->capture_default_str();
  app.add_option("--event-queue", limits.event_queue, "Messages queued per subscriber before events are dropped")
      ->check(CLI::Range(10'000, 10'000'000))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_status = app.exit(error) == 0 ? 0 : exit_status_of(ErrorCode::kBadRequest);
    return parsed;
  }
  std::optional<gid_t> group;
  if (!socket_group.empty()) {
    const Result<gid_t> named = group_named(socket_group);
    if (!named) {
      std::cerr << "--socket-group: " << named.error().message << "\n";
      parsed.exit_status = exit_status_of(ErrorCode::kBadRequest);
      return parsed;
    }
    group = *named;
  }
  socket_mode = !socket_mode.empty() ? socket_mode : group ? "660" : "600";
  config.commands_access = access_of(socket_mode, group);
  config.events_access = access_of(events_mode.empty() ? socket_mode : events_mode, group);
  config.scan_interval = std::chrono::milliseconds(scan_ms);
  config.settle = std::chrono::milliseconds(settle_ms);
  config.detection = detection == "trace"  ? DetectionMode::kTrace
                     : detection == "scan" ? DetectionMode::kScan
                                           : DetectionMode::kAuto;
  use_defaults(config);
  return parsed;
}

Endpoint endpoint_of(const std::string& address, const SocketAccess& access) {
  if (address.starts_with(kTcp)) {
    return {address, Transport::kInsecure};
  }
  return {address, access.is_private() ? Transport::kPrivate : Transport::kLocal};
}

Result<void> check_endpoint(const std::string& endpoint, bool insecure_tcp) {
  const std::string_view text = endpoint;
  if (text.starts_with(kTcp)) {
    if (!insecure_tcp) {
      return refused(endpoint, "TCP is served without authentication",
                     "--insecure-tcp allows it on a loopback address");
    }
    if (!is_loopback(text.substr(kTcp.size()))) {
      return refused(endpoint, "it is not a loopback address", "use tcp://127.0.0.1:PORT");
    }
    if (!is_port(text.substr(text.rfind(':') + 1))) {
      return refused(endpoint, "its port is not 1 to 65535, nor * for any");
    }
    return {};
  }
  if (!text.starts_with(kIpc)) {
    return refused(endpoint, "it is neither ipc:// nor tcp://");
  }
  const std::string_view path = text.substr(kIpc.size());
  constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.front() != '/') {
    return refused(endpoint, "an ipc address is an absolute path; abstract sockets have no permissions");
  }
  if (path.size() > kLongestPath) {
    return refused(endpoint, "its path has " + std::to_string(path.size()) + " bytes, a socket's at most " +
                                 std::to_string(kLongestPath));
  }
  return {};
}

Result<void> check_endpoints(const Config& config) {
  std::set<std::string_view> seen;
  for (const auto* const endpoints : {&config.commands, &config.events}) {
    if (endpoints->size() > config.limits.endpoints) {
      return Error{.code = ErrorCode::kBadRequest,
                   .message = std::to_string(endpoints->size()) + " endpoints of one kind, at most " +
                              std::to_string(config.limits.endpoints) + " are served"};
    }
    for (const std::string& endpoint : *endpoints) {
      if (Result<void> checked = check_endpoint(endpoint, config.insecure_tcp); !checked) {
        return checked;
      }
      if (!seen.insert(endpoint).second && !endpoint.ends_with(":*")) {
        return refused(endpoint, "it is given twice");
      }
    }
  }
  return {};
}

}  // namespace shmbus::agent
