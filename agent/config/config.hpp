// The agent's options, with every limit of its own and its default. The limits of the wire are in protocol/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/access/policy_file.hpp"
#include "agent/base/log_format.hpp"
#include "agent/config/endpoint.hpp"
#include "protocol/endpoint/runtime_directory.hpp"
#include "protocol/limits.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

inline constexpr std::chrono::seconds kLongestLease{limits::kMaxLeaseMs / 1000};

struct Limits {
  std::size_t attachments = 4096;  // held at a time, in all
  std::size_t attachments_per_principal = 1024;
  std::chrono::seconds lease = kLongestLease;        // the longest, whatever is asked for
  std::size_t replay_bytes = std::size_t{16} << 20;  // events kept for replay
  std::size_t once_values = 65536;                   // remembered per principal
  std::size_t once_bytes = std::size_t{16} << 20;    // of replies remembered per principal
  std::chrono::seconds once_lifetime{60};
  int event_queue = 10000;   // messages that a subscriber may be behind before events are dropped
  int reply_queue = 2000;    // the same for replies to one client
  int request_queue = 1000;  // requests per client before it has to wait
  std::size_t message_bytes = limits::kMaxMessageBytes;  // one request; the connection ends before memory is taken
  UnpackLimits unpack;                                   // of one request
  std::size_t envelope_parts = 8;                        // routing frames before a request
  int backlog = 1024;                                    // connections that wait to be accepted
  std::chrono::milliseconds handshake{3000};             // for a connection to say who it is
  std::chrono::milliseconds linger{1000};                // for the last messages, at the end
  std::size_t subscription_message_bytes =
      1024;  // of a subscriber: topics are shorter, but libzmq counts the handshake
             // as well, and with keys that is 276 and what names the peer
  std::size_t subscription_bytes = std::size_t{4} << 20;  // of all subscriptions at one endpoint
  std::size_t requests_per_turn = 64;                     // before timers, events and the end get their turn,
  std::chrono::milliseconds turn{10};                     // and no new request after so long
  std::chrono::microseconds hold{50};                     // replies that can go together wait so long for each other
  std::size_t endpoints = 16;                             // of each kind
  std::size_t connections = 8192;                         // open at a time, commands and events together; 0: no cap
  std::size_t connections_per_uid = 2048;                 // the same of one local user
  double requests_per_second = 50'000;                    // of one principal where others are served too; 0: no limit
  std::size_t open_files = 65536;                         // RLIMIT_NOFILE is raised to this, as far as it may be
};

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
  [[nodiscard]] Endpoint events_at(const std::string& address) const {
    return endpoint_of(address, events_access, tcp());
  }
};

inline constexpr const char* kConfigFile = "/etc/shmbus/shmbus.toml";

// What the command line, the environment and the configuration file ask for, in that order; or the status to exit with,
// after --help, --version or a usage error, which it has printed. `report` is what --check is to print.
struct ParsedConfig {
  Config config;
  std::optional<int> exit_status;
  std::string report;
};
[[nodiscard]] ParsedConfig parse_config(int argc, char** argv);

// All addresses, as check_address() does; kBadRequest also for one that is given twice, or more than limits.endpoints
// of a kind.
[[nodiscard]] Result<void> check_endpoints(const Config& config);

}  // namespace shmbus::agent
