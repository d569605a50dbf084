// The configuration of the agent: the options with their defaults, and the parser that fills them in. Values come from
// the command line, the environment and the configuration file, in this order of precedence.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/log_format.hpp"
#include "agent/config/endpoint.hpp"
#include "agent/config/limits.hpp"
#include "agent/config/policy_is.hpp"
#include "protocol/endpoint/runtime_directory.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// The way to find changes made by other processes. kTrace follows their system calls and requires that the kernel
// permits it; kScan compares periodic listings of all segments; kAuto traces if it can and scans otherwise.
enum class DetectionMode : std::uint8_t { kAuto, kTrace, kScan };

// A plain value: parse_config() fills it in, and Agent keeps a copy that never changes. An empty string means that the
// option is not set.
struct Config {
  RuntimeDirectory runtime_directory;

  // Endpoints, ipc://PATH or tcp://HOST:PORT. parse_config() leaves at least one of each kind.
  std::vector<std::string> commands;
  std::vector<std::string> events;

  // Permissions and group of the ipc sockets. The parser leaves their `keys` empty; Agent sets these.
  SocketAccess commands_access;
  SocketAccess events_access;

  // The longest pause between two scans; longer while calls are traced. 0: no scan, and kAuto does not trace either.
  std::chrono::milliseconds scan_interval{250};
  std::chrono::milliseconds settle{1};  // the shortest pause between two readings of the trace

  std::string log_level = "info";  // a name that spdlog::level::from_str() knows
  std::string curve_secret;        // file with the agent's key pair; if set, TCP clients need a key
  std::string curve_keys;          // directory with the public keys of clients; set together with `curve_secret`
  std::string policy;              // file with the rules; unset: local callers act as themselves
  std::string explain;             // a request to explain instead of starting
  std::string audit;               // file that the audit is appended to; unset: no audit
  Limits limits;
  DetectionMode detection = DetectionMode::kAuto;
  LogFormat log_format = LogFormat::kText;
  bool uses_runtime_directory = false;  // some endpoint is in it by default
  bool insecure_tcp = false;            // serve TCP on loopback without keys; excludes `curve_secret`
  bool has_policy_within = false;       // `policy` is the configuration file, which holds options too
  bool check = false;                   // print the configuration instead of starting
  bool refuses_without_audit = true;    // deny changes while the audit cannot be written

  // Returns the scope of the file `policy`, for parse_policy().
  [[nodiscard]] PolicyIs policy_is() const {
    return has_policy_within ? PolicyIs::kAmongOthers : PolicyIs::kTheWholeFile;
  }
  // Returns how TCP endpoints are served. Keys take precedence over `insecure_tcp`.
  [[nodiscard]] TcpMode tcp() const {
    return !curve_secret.empty() ? TcpMode::kCurve : insecure_tcp ? TcpMode::kInsecure : TcpMode::kRefused;
  }
  // Returns a command endpoint with the transport that serves it, as endpoint_of() does.
  [[nodiscard]] Endpoint commands_at(const std::string& address) const {
    return endpoint_of(address, commands_access, tcp());
  }
  // Returns whether an endpoint of this kind takes commands.
  [[nodiscard]] bool serves(Transport transport) const {
    return std::ranges::any_of(commands,
                               [&](const std::string& address) { return commands_at(address).transport == transport; });
  }
  // Returns an events endpoint with the transport that serves it.
  [[nodiscard]] Endpoint events_at(const std::string& address) const {
    return endpoint_of(address, events_access, tcp());
  }
};

// The configuration file that is read without --config. It need not exist.
inline constexpr const char* kConfigFile = "/etc/shmbus/shmbus.toml";

// The outcome of parse_config(). If `exit_status` is set, the program exits with it: after --help, --version or a usage
// error, whose text has been printed already. `config` is then incomplete.
struct ParsedConfig {
  Config config;
  std::optional<int> exit_status;
  std::string report;                 // for --check to print; empty without it
  std::vector<std::string> warnings;  // for the log, which does not exist yet
};

// Parses the command line, the environment and the configuration file, in this order of precedence. Prints help and
// `version` to standard output, errors to standard error. The configuration file is read and the group of the sockets
// is looked up, which may block; endpoints are not checked yet.
[[nodiscard]] ParsedConfig parse_config(int argc, char** argv, const std::string& version);

// Checks every address as check_address() does. Errors: those of check_address(), and kBadRequest for an address that
// is given twice (a TCP port of * may repeat) or for more than kMaxEndpoints of one kind.
[[nodiscard]] Result<void> check_endpoints(const Config& config);

}  // namespace shmbus::agent
