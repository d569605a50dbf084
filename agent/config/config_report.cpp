#include "agent/config/config_report.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <span>
#include <string_view>

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

std::string digits_of(const SocketAccess& access) {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%03o", static_cast<unsigned>(access.mode));
  return digits.data();
}

bool is_number(const std::string& type) {
  return type.starts_with("INT") || type.starts_with("UINT") || type.starts_with("FLOAT");
}

std::string literal_of(const CLI::Option& option, const Config& config) {
  const std::string key = key_of(option);
  if (key == "commands") {
    return array_of(config.commands);
  }
  if (key == "events") {
    return array_of(config.events);
  }
  if (key == "socket_mode") {
    return quoted(digits_of(config.commands_access));
  }
  if (key == "events_mode") {
    return quoted(digits_of(config.events_access));
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
  return lines + (config.has_policy_within ? "# the policy is in " + escape_foreign(config.policy) + '\n' : "");
}

}  // namespace shmbus::agent
