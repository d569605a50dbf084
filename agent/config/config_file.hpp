// The configuration file: TOML with every option of the command line, and the policy's tables if they are not in a file
// of their own. See deploy/shmbus.example.toml.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/result.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace shmbus::agent {

// One option as the file has it: its name there, `socket_mode` for --socket-mode, and the line.
struct FileSetting {
  CLI::Option* option = nullptr;
  std::string place;  // "FILE:LINE:COLUMN"
  std::vector<std::string> words;
};

struct ConfigFile {
  std::string path;
  std::map<std::string, FileSetting> settings;
  std::vector<std::string> warnings;
  bool has_policy = false;  // a rule or a quota
};

// Only what the operator's question is about, not what the agent is: --help, --version, --config, --check, --explain.
[[nodiscard]] bool is_configurable(const CLI::Option& option);

// "--socket-mode" as a key of the file: "socket_mode".
[[nodiscard]] std::string key_of(const CLI::Option& option);

// What the file says of the options of `app`, which the settings borrow. A key that was an option once is a warning.
// Errors: as read_trusted(), and kBadRequest
// "FILE:LINE:COLUMN: …" for what is no TOML, an unknown key, and a value of another type.
[[nodiscard]] Result<ConfigFile> read_config_file(CLI::App& app, const std::string& path);

// Gives the options what the file says, unless the command line or the environment said something. Errors: kBadRequest
// with the place, if an option does not take its value.
[[nodiscard]] Result<void> apply(const ConfigFile& file);

}  // namespace shmbus::agent
