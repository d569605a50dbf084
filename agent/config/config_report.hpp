// What `--check` prints: each option, the value that it has, and where that comes from, in the form of the file.
#pragma once

#include <map>
#include <string>

#include "agent/config/config.hpp"
#include "agent/config/config_file.hpp"

namespace shmbus::agent {

// Who gave each option its value: "command line", "environment, NAME". Those that nobody gave one are not there.
using Origins = std::map<const CLI::Option*, std::string>;

// The origins after `app` has parsed these arguments, and nothing else yet.
[[nodiscard]] Origins origins_of(const CLI::App& app, int argc, const char* const* argv);

// The report, as TOML that would give the same configuration. `config` is what the options came to.
[[nodiscard]] std::string report(const CLI::App& app, const Origins& origins, const ConfigFile& file,
                                 const Config& config);

}  // namespace shmbus::agent
