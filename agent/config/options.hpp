// The options of the command line, the environment and the configuration file: one list for all three.
#pragma once

#include <string>

#include "agent/config/config.hpp"

namespace CLI {
class App;
}

namespace shmbus::agent {

// What decides over Config together with other options.
struct OptionWords {
  std::string config_file;
  std::string socket_mode;
  std::string events_mode;
  std::string socket_group;
};

// Adds all options to `app`, which writes into both when it parses; --version prints `version`.
void add_options(CLI::App& app, Config& config, OptionWords& words, const std::string& version);

}  // namespace shmbus::agent
