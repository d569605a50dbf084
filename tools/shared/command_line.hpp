// What the command lines of the tools have in common.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace shmbus {

// Adds an option that takes seconds, from 0.001 to `most`, and hands them to `set`.
void add_seconds(CLI::App& app, const std::string& option, const std::function<void(std::chrono::milliseconds)>& set,
                 const std::string& help, double most);

// Parses the command line, which sets what the app's options are bound to. Returns the exit status if the program is to
// end now: help and version are then on stdout, or what is wrong on stderr, as JSON if --json is among the arguments.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv);

}  // namespace shmbus
