// The configuration file: TOML with every option of the command line, and with the tables of the policy unless they
// have a file of their own. deploy/shmbus.example.toml is an example.
//
// The command line and the environment are parsed first. The file is read after that and only sets options that have no
// value yet, so the order of precedence needs no merging.
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

// One option as the file sets it. `words` are its values as the command line would spell them, several if the file has
// an array. `option` belongs to the CLI::App.
struct FileSetting {
  CLI::Option* option = nullptr;
  std::string place;  // "FILE:LINE:COLUMN"
  std::vector<std::string> words;
};

// The content of the file. A default-made one stands for a file that does not exist.
struct ConfigFile {
  std::string path;
  std::map<std::string, FileSetting> settings;  // by key, such as socket_mode
  std::vector<std::string> warnings;            // for the log
  bool has_policy = false;                      // it has rules or quotas, which parse_policy() reads
};

// Returns whether the file may set `option`. It may not set --config, nor the options that make the agent answer a
// question instead of starting: --help, --version, --check and --explain.
[[nodiscard]] bool is_configurable(const CLI::Option& option);

// Returns the key of `option` in the file: "socket_mode" for --socket-mode.
[[nodiscard]] std::string key_of(const CLI::Option& option);

// Reads the file at `path`. Its settings point to the options of `app`, which must outlive them. A key whose limit is
// fixed is ignored with a warning. Only the kind of a value is checked here; apply() has the options check the rest.
// Errors: as read_trusted(); kBadRequest "FILE:LINE:COLUMN: …" for invalid TOML, an unknown key or a value of the wrong
// kind.
[[nodiscard]] Result<ConfigFile> read_config_file(CLI::App& app, const std::string& path);

// Sets the options that neither the command line nor the environment has set, and stops at the first fault. Errors:
// kBadRequest with the place of a value that its option does not accept.
[[nodiscard]] Result<void> apply(const ConfigFile& file);

}  // namespace shmbus::agent
