// The options of the command line, the environment and the configuration file: one list for all three.
#pragma once

#include <cstdint>
#include <string>

#include "agent/config/config.hpp"

namespace CLI {
class App;
}

namespace shmbus::agent {

// What options say in words that Config has as values.
struct OptionWords {
  std::string config_file;
  std::int64_t scan_ms = 0;
  std::int64_t settle_ms = 0;
  std::int64_t lease_s = 0;
  std::int64_t once_s = 0;
  std::string detection = "auto";
  std::string socket_mode;
  std::string events_mode;
  std::string socket_group;
  std::string audit_failure = "refuse";
  std::string log_format = "text";
};

// The words of what `config` has.
[[nodiscard]] OptionWords words_of(const Config& config);

// Adds all options to `app`, which writes into both when it parses; --version prints `version`.
void add_options(CLI::App& app, Config& config, OptionWords& words, const std::string& version);

}  // namespace shmbus::agent
