// Provides the parts of a command line that the tools share: the layout of --help, options in seconds, and parsing with
// its exit status.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace shmbus {

// Sets up --help and --version. The help shows first what a person needs first: the usage, the commands and the footer,
// which has the examples; then the options; then `end`. `usage` is what follows the name of the program.
void set_up_help(CLI::App& app, const std::string& usage, const std::string& end);

// Adds an option in seconds, from 0.001 to `most`, fractions allowed. Parsing calls `set` with the value, rounded down
// to whole milliseconds; the app keeps a copy of `set`.
void add_seconds(CLI::App& app, const std::string& option, const std::function<void(std::chrono::milliseconds)>& set,
                 const std::string& help, std::uint32_t most);

// Parses the command line into the variables that the app's options are bound to. Returns nothing if the program is to
// continue, else the exit status: 0 after --help and --version, 2 for a wrong command line, 1 if stdout cannot be
// written. By then the help text is on stdout, or the error is on stderr, as JSON if --json is among the arguments.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv);

}  // namespace shmbus
