// The agent's options and their defaults.
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

// How changes made by others are found: calls are traced if that is possible, in any case, or never.
enum class DetectionMode : std::uint8_t { kAuto, kTrace, kScan };

struct Config {
  RuntimeDirectory runtime_directory;
  std::vector<std::string> commands;  // endpoints: ipc://PATH or tcp://127.0.0.1:PORT
  std::vector<std::string> events;
  SocketAccess commands_access;
  SocketAccess events_access;
  std::chrono::milliseconds scan_interval{250};  // at most, between two scans; 0: no scan, and by default no trace
  std::chrono::milliseconds settle{1};           // at least, between two looks at what is traced
  std::string log_level = "info";
  std::string curve_secret;  // file with the agent's pair of keys; with it TCP needs keys
  std::string curve_keys;    // directory with the public keys of those who may connect
  std::string policy;        // file with the rules; none: local callers act as themselves
  std::string explain;       // a question to the policy, instead of a start
  std::string audit;         // file for the audit; none: no audit
  Limits limits;
  DetectionMode detection = DetectionMode::kAuto;
  LogFormat log_format = LogFormat::kText;
  bool uses_runtime_directory = false;  // an endpoint lies in it by default
  bool insecure_tcp = false;
  bool has_policy_within = false;     // `policy` is the configuration file, with options beside
  bool check = false;                 // a question to the configuration, instead of a start
  bool refuses_without_audit = true;  // what would change something, while the audit can't be written

  [[nodiscard]] PolicyIs policy_is() const {
    return has_policy_within ? PolicyIs::kAmongOthers : PolicyIs::kTheWholeFile;
  }
  [[nodiscard]] TcpMode tcp() const {
    return !curve_secret.empty() ? TcpMode::kCurve : insecure_tcp ? TcpMode::kInsecure : TcpMode::kRefused;
  }
  [[nodiscard]] Endpoint commands_at(const std::string& address) const {
    return endpoint_of(address, commands_access, tcp());
  }
  // True if commands are taken at an endpoint of this kind.
  [[nodiscard]] bool serves(Transport transport) const {
    return std::ranges::any_of(commands,
                               [&](const std::string& address) { return commands_at(address).transport == transport; });
  }
  [[nodiscard]] Endpoint events_at(const std::string& address) const {
    return endpoint_of(address, events_access, tcp());
  }
};

inline constexpr const char* kConfigFile = "/etc/shmbus/shmbus.toml";

// What the command line, the environment and the configuration file ask for, in that order; or the status to exit with,
// after --help, --version (which prints `version`) or a usage error, which it has printed. `report` is what --check is
// to print; `warnings` are for the log.
struct ParsedConfig {
  Config config;
  std::optional<int> exit_status;
  std::string report;
  std::vector<std::string> warnings;
};
[[nodiscard]] ParsedConfig parse_config(int argc, char** argv, const std::string& version);

// All addresses, as check_address() does; kBadRequest also for one that is given twice, or more than kMaxEndpoints
// of a kind.
[[nodiscard]] Result<void> check_endpoints(const Config& config);

}  // namespace shmbus::agent
