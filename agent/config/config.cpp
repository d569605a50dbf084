#include "agent/config/config.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <set>

#include "agent/config/config_file.hpp"
#include "agent/config/config_report.hpp"
#include "agent/config/options.hpp"
#include "agent/system/names.hpp"

namespace shmbus::agent {
namespace {

void use_defaults(Config& config) {
  config.runtime_directory = agent_runtime_directory();
  const auto in_directory = [&config](const char* socket) {
    config.uses_runtime_directory = true;
    return "ipc://" + config.runtime_directory.path + "/" + socket;
  };
  if (config.commands.empty()) {
    config.commands = {in_directory(kCommandsSocket)};
  }
  if (config.events.empty()) {
    config.events = {in_directory(kEventsSocket)};
  }
}

SocketAccess access_of(const std::string& digits, std::optional<gid_t> group) {
  return {.mode = static_cast<mode_t>(std::stoul(digits, nullptr, 8)), .group = group};
}

// Makes the configuration file the policy as well, since it has rules or quotas.
Result<void> take_policy_of(const ConfigFile& file, Config& config) {
  if (!config.policy.empty()) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = file.path + " has rules or quotas, and --policy names another file with rules"};
  }
  config.policy = file.path;
  config.has_policy_within = true;
  return {};
}

Result<void> take(const OptionWords& words, Config& config) {
  std::optional<gid_t> group;
  if (!words.socket_group.empty()) {
    const Result<std::uint32_t> named = group_id(words.socket_group);
    if (!named) {
      return named.error();
    }
    group = *named;
  }
  const std::string mode = !words.socket_mode.empty() ? words.socket_mode : group ? "660" : "600";
  config.commands_access = access_of(mode, group);
  config.events_access = access_of(words.events_mode.empty() ? mode : words.events_mode, group);
  if (config.insecure_tcp && !config.curve_secret.empty()) {
    return Error{.code = ErrorCode::kBadRequest, .message = "--insecure-tcp and --curve-secret are mutually exclusive"};
  }
  if (config.curve_secret.empty() != config.curve_keys.empty()) {
    return Error{.code = ErrorCode::kBadRequest, .message = "--curve-secret and --curve-keys must be given together"};
  }
  use_defaults(config);
  return {};
}

// Reads the file that --config names, or the default one if it exists.
Result<ConfigFile> read_file(CLI::App& app, const std::string& asked_for) {
  if (asked_for.empty() && ::access(kConfigFile, F_OK) != 0) {
    return ConfigFile{};
  }
  return read_config_file(app, asked_for.empty() ? kConfigFile : asked_for);
}

}  // namespace

ParsedConfig parse_config(int argc, char** argv, const std::string& version) {
  ParsedConfig parsed;
  Config& config = parsed.config;
  OptionWords words;
  CLI::App app{"Serves this host's System V shared memory over ZeroMQ.", "shmbus-agent"};
  add_options(app, config, words, version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_status = app.exit(error) == 0 ? 0 : exit_status_of(ErrorCode::kBadRequest);
    return parsed;
  }
  const Origins origins = origins_of(app, argc, argv);
  Result<ConfigFile> file = read_file(app, words.config_file);
  Result<void> taken = file ? apply(*file) : file.error();
  taken = taken ? take(words, config) : taken;
  if (taken && file->has_policy) {
    taken = take_policy_of(*file, config);
  }
  if (!taken) {
    std::cerr << taken.error().message << (taken.error().hint.empty() ? "" : "; ") << taken.error().hint
              << "\nRun with --help for more information.\n";
    parsed.exit_status = exit_status_of(ErrorCode::kBadRequest);
    return parsed;
  }
  parsed.warnings = std::move(file->warnings);
  if (config.check) {
    parsed.report = report(app, origins, *file, config);
  }
  return parsed;
}

Result<void> check_endpoints(const Config& config) {
  std::set<std::string_view> seen;
  for (const auto* const endpoints : {&config.commands, &config.events}) {
    if (endpoints->size() > kMaxEndpoints) {
      return Error{.code = ErrorCode::kBadRequest,
                   .message = std::to_string(endpoints->size()) + " endpoints of one kind, at most " +
                              std::to_string(kMaxEndpoints) + " are served"};
    }
    for (const std::string& endpoint : *endpoints) {
      if (Result<void> checked = check_address(endpoint, config.tcp()); !checked) {
        return checked;
      }
      if (!seen.insert(endpoint).second && !endpoint.ends_with(":*")) {
        return Error{.code = ErrorCode::kBadRequest, .message = "endpoint " + endpoint + " is given twice"};
      }
    }
  }
  return {};
}

}  // namespace shmbus::agent
