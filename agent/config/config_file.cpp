#include "agent/config/config_file.hpp"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "agent/config/limits.hpp"
#include "agent/system/trusted_file.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

constexpr std::array kPolicyTables{"rule", "quota"};
constexpr std::array kQuestions{"help", "version", "config", "check", "explain"};

// A key that is still accepted, with a warning, although its value is fixed.
struct FormerOption {
  std::string_view key;
  std::int64_t value;
};
constexpr std::array kFormerOptions{
    FormerOption{"event_queue", kEventQueue},
    FormerOption{"handshake_time", Limits{}.handshake.count()},
    FormerOption{"max_array_entries", limits::kMaxArrayEntries},
    FormerOption{"max_depth", limits::kMaxRequestDepth},
    FormerOption{"max_endpoints", kMaxEndpoints},
    FormerOption{"max_envelope_parts", kMaxEnvelopeParts},
    FormerOption{"max_map_entries", limits::kMaxMapEntries},
    FormerOption{"max_message_bytes", limits::kMaxMessageBytes},
    FormerOption{"max_once_bytes", kMaxOnceBytes},
    FormerOption{"max_once_values", kMaxOnceValues},
    FormerOption{"reply_queue", kReplyQueue},
    FormerOption{"request_queue", kRequestQueue},
};

Error fault(const std::string& place, const std::string& what, const std::string& hint = {}) {
  return {.code = ErrorCode::kBadRequest, .message = place + ": " + what, .hint = hint};
}

std::string place_of(const std::string& path, const toml::source_region& source) {
  return escape_foreign(path) + ':' + std::to_string(source.begin.line) + ':' + std::to_string(source.begin.column);
}

// Returns a value as the command line would spell it; nothing for a date, an array or a table.
std::optional<std::string> word_of(const toml::node& node) {
  if (const auto* const text = node.as_string()) {
    return text->get();
  }
  if (const auto* const number = node.as_integer()) {
    return std::to_string(number->get());
  }
  if (const auto* const number = node.as_floating_point()) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number->get()).ptr;  // the shortest exact form
    return std::string(digits.begin(), end);
  }
  if (const auto* const flag = node.as_boolean()) {
    return flag->get() ? "true" : "false";
  }
  return std::nullopt;
}

// Returns one value, or those of an array if the option may be repeated.
Result<std::vector<std::string>> words_of(const toml::node& node, const CLI::Option& option, const std::string& path) {
  std::vector<std::string> words;
  const toml::array* const array = option.get_expected_max() > 1 ? node.as_array() : nullptr;
  const auto add = [&](const toml::node& each) -> Result<void> {
    const std::optional<std::string> word = word_of(each);
    if (!word || (option.get_items_expected_max() == 0 && !each.is_boolean())) {
      return fault(place_of(path, each.source()), key_of(option) + " cannot have this value",
                   option.get_items_expected_max() == 0 ? "the value must be true or false"
                                                        : "the value must be a string or a number");
    }
    words.push_back(*word);
    return {};
  };
  if (array == nullptr) {
    const Result<void> added = add(node);
    return added ? Result<std::vector<std::string>>(std::move(words)) : added.error();
  }
  for (const toml::node& each : *array) {
    if (const Result<void> added = add(each); !added) {
      return added.error();
    }
  }
  return words;
}

CLI::Option* option_of(CLI::App& app, std::string_view key) {
  for (CLI::Option* const option : app.get_options()) {
    if (is_configurable(*option) && key_of(*option) == key) {
      return option;
    }
  }
  return nullptr;
}

}  // namespace

bool is_configurable(const CLI::Option& option) {
  const std::string& name = option.get_lnames().front();
  return std::find(kQuestions.begin(), kQuestions.end(), name) == kQuestions.end();
}

std::string key_of(const CLI::Option& option) {
  std::string key = option.get_lnames().front();
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

Result<ConfigFile> read_config_file(CLI::App& app, const std::string& path) {
  const Result<std::string> content = read_trusted(path);
  if (!content) {
    return content.error();
  }
  const toml::parse_result parsed = toml::parse(std::string_view(*content));
  if (!parsed) {
    return fault(place_of(path, parsed.error().source()), escape_for_terminal(parsed.error().description()));
  }
  ConfigFile file{.path = path, .settings = {}, .warnings = {}};
  for (const auto& [name, node] : parsed.table()) {
    const std::string key(name.str());
    const std::string place = place_of(path, name.source());
    if (std::find(kPolicyTables.begin(), kPolicyTables.end(), key) != kPolicyTables.end()) {
      file.has_policy = true;
      continue;
    }
    const auto* const former =
        std::ranges::find_if(kFormerOptions, [&](const FormerOption& option) { return option.key == key; });
    if (former != kFormerOptions.end()) {
      file.warnings.push_back(place + ": " + key + " is no longer an option: it is fixed at " +
                              std::to_string(former->value) + "; remove the line");
      continue;
    }
    CLI::Option* const option = option_of(app, key);
    if (option == nullptr) {
      return fault(place, "unknown option '" + escape_for_terminal(key) + "'",
                   "the keys are the options of --help, with _ in place of -");
    }
    Result<std::vector<std::string>> words = words_of(node, *option, path);
    if (!words) {
      return std::move(words).error();
    }
    file.settings.emplace(key, FileSetting{option, place, *std::move(words)});
  }
  return file;
}

Result<void> apply(const ConfigFile& file) {
  for (const auto& [key, setting] : file.settings) {
    if (setting.option->count() > 0) {
      continue;
    }
    try {
      setting.option->add_result(setting.words);
      setting.option->run_callback();
    } catch (const CLI::ParseError& error) {
      return fault(setting.place, escape_for_terminal(error.what()));
    }
  }
  return {};
}

}  // namespace shmbus::agent
