// Formats the report of `--check`: each option with its value and the origin of that value, in the form of the file.
#pragma once

#include <map>
#include <string>

#include "agent/config/config.hpp"
#include "agent/config/config_file.hpp"

namespace shmbus::agent {

// The origin of the value of each option: "command line" or "environment, NAME". Options that neither of them set have
// no entry. The keys belong to the CLI::App.
using Origins = std::map<const CLI::Option*, std::string>;

// Returns the origins after `app` has parsed these arguments. Call it before apply(): later on, values from the file
// cannot be told from those of the environment.
[[nodiscard]] Origins origins_of(const CLI::App& app, int argc, const char* const* argv);

// Returns the report: TOML that gives the same configuration, with the origin of each value as a comment. Endpoints and
// permissions of sockets are taken from `config`, where their defaults are filled in; all other values are those of the
// options, so apply() comes first.
[[nodiscard]] std::string report(const CLI::App& app, const Origins& origins, const ConfigFile& file,
                                 const Config& config);

}  // namespace shmbus::agent
