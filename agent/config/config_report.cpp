#include "agent/config/config_report.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>
#include <string_view>

#include "protocol/mode.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

bool is_among(std::span<const char* const> arguments, const std::string& name) {
  const std::string option = "--" + name;
  return std::any_of(arguments.begin(), arguments.end(), [&](std::string_view argument) {
    return argument == option || argument.starts_with(option + '=');
  });
}

std::string quoted(const std::string& text) {
  std::string literal = "\"";
  for (const char each : escape_foreign(text)) {
    literal += each == '"' || each == '\\' ? std::string{'\\', each} : std::string(1, each);
  }
  return literal + '"';
}

std::string array_of(const std::vector<std::string>& words) {
  std::string literal;
  for (const std::string& word : words) {
    literal += (literal.empty() ? "" : ", ") + quoted(word);
  }
  return '[' + literal + ']';
}

std::string quoted_digits(const SocketAccess& access) {
  return quoted(std::to_string(mode_digits(Mode{static_cast<std::uint16_t>(access.mode)})));
}

// `type` is the name of an option's value in --help.
bool is_number(std::string_view type) {
  return type == "MS" || type == "SECONDS" || type == "COUNT" || type == "BYTES";
}

std::string literal_of(const CLI::Option& option, const Config& config) {
  const std::map<std::string, std::string> come_to{{"commands", array_of(config.commands)},
                                                   {"events", array_of(config.events)},
                                                   {"socket_mode", quoted_digits(config.commands_access)},
                                                   {"events_mode", quoted_digits(config.events_access)}};
  if (const auto found = come_to.find(key_of(option)); found != come_to.end()) {
    return found->second;
  }
  if (option.get_items_expected_max() == 0) {
    return option.count() > 0 && option.as<bool>() ? "true" : "false";
  }
  const std::string value = option.count() > 0 ? option.results().back() : option.get_default_str();
  return is_number(option.get_type_name()) && !value.empty() ? value : quoted(value);
}

}  // namespace

Origins origins_of(const CLI::App& app, int argc, const char* const* argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  Origins origins;
  for (const CLI::Option* const option : app.get_options()) {
    if (option->count() > 0) {
      origins[option] =
          is_among(arguments, option->get_lnames().front()) ? "command line" : "environment, " + option->get_envname();
    }
  }
  return origins;
}

std::string report(const CLI::App& app, const Origins& origins, const ConfigFile& file, const Config& config) {
  std::string lines;
  for (const CLI::Option* const option : app.get_options()) {
    if (!is_configurable(*option)) {
      continue;
    }
    const auto given = origins.find(option);
    const auto in_file = file.settings.find(key_of(*option));
    const std::string origin = given != origins.end()           ? given->second
                               : in_file != file.settings.end() ? in_file->second.place
                                                                : "default";
    lines += key_of(*option) + " = " + literal_of(*option, config) + "  # " + origin + '\n';
  }
  return lines + (config.has_policy_within ? "# policy: " + escape_foreign(config.policy) + '\n' : "");
}

}  // namespace shmbus::agent
