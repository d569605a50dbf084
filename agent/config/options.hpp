// Declares the options of the agent: one list for the command line, the environment and the configuration file.
#pragma once

#include <string>

#include "agent/config/config.hpp"

namespace CLI {
class App;
}

namespace shmbus::agent {

// Options that cannot be stored in Config at once, because their effect depends on other options. They are kept as they
// were written; an empty one is not set.
struct OptionWords {
  std::string config_file;
  std::string socket_mode;   // three octal digits
  std::string events_mode;   // the same
  std::string socket_group;  // name or number
};

// Adds all options to `app`, with their defaults, checks, help texts and environment variables; --version prints
// `version`. When `app` parses, it writes into `config` and `words`, which must outlive it.
void add_options(CLI::App& app, Config& config, OptionWords& words, const std::string& version);

}  // namespace shmbus::agent
