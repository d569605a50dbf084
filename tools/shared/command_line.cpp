#include "tools/shared/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>
#include <vector>

#include "protocol/nearest.hpp"
#include "protocol/number.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {

namespace {

class Help : public CLI::Formatter {
 public:
  Help(std::string usage, std::string end) : usage_(std::move(usage)), end_(std::move(end)) {}

  std::string make_usage(const CLI::App* app, std::string name) const override {
    return app->get_parent() == nullptr ? "Usage: " + app->get_name() + " " + usage_ + "\n"
                                        : Formatter::make_usage(app, std::move(name));
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    return make_description(app) + make_usage(app, std::move(name)) + make_positionals(app) +
           make_subcommands(app, mode) + "\n" + make_footer(app) + make_groups(app, mode) +
           (app->get_parent() == nullptr ? "\n" + end_ + "\n" : "");
  }

 private:
  const std::string usage_;
  const std::string end_;
};

// Returns the error for the first argument that `app` does not know. `chosen` is the command, or "".
Error unexpected_argument(const CLI::App& app, std::string_view chosen) {
  const std::string argument = app.remaining(true).front();
  std::vector<std::string_view> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(command->get_name());
  }
  if (argument.starts_with('-')) {
    return {ErrorCode::kBadRequest, "unknown option '" + argument + "'"};
  }
  if (!chosen.empty() || commands.empty()) {
    return {ErrorCode::kBadRequest, "unexpected argument '" + argument + "'"};
  }
  const std::string_view meant = nearest(argument, commands);
  return {ErrorCode::kBadRequest, "unknown command '" + argument + "'",
          meant.empty() ? "" : "did you mean " + std::string(meant) + "?"};
}

// Returns the message for an error of the parser, in other words than CLI11's "--key: 1 required TEXT missing",
// "--key: At Most 1 required but received 2" and "--data excludes --data-file".
std::string message_of(const CLI::ParseError& error) {
  const std::string message = error.what();
  const std::string option = message.substr(0, message.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return option + (message.ends_with(" missing") ? " needs a value" : " can be given only once");
  }
  constexpr std::string_view kExcludes = " excludes ";
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    const std::size_t place = message.find(kExcludes);
    return message.substr(0, place) + " and " + message.substr(place + kExcludes.size()) + " cannot be used together";
  }
  return message;
}

}  // namespace

void set_up_help(CLI::App& app, const std::string& usage, const std::string& end) {
  app.formatter(std::make_shared<Help>(usage, end));
  app.set_help_flag("-h,--help", "print this help and exit");
  app.set_version_flag("--version", app.get_name() + " " + SHMBUS_VERSION, "print the version and exit");
}

void add_seconds(CLI::App& app, const std::string& option, const std::function<void(std::chrono::milliseconds)>& set,
                 const std::string& help, std::uint32_t most) {
  const auto read = [set, option, most](const std::string& text) {
    const std::optional<double> seconds = parse_number<double>(text);
    if (!seconds || !(*seconds >= 0.001 && *seconds <= most)) {
      throw CLI::ValidationError(option,
                                 "'" + text + "' is not a number of seconds from 0.001 to " + std::to_string(most));
    }
    set(std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000)));
  };
  app.add_option_function<std::string>(option, read, help)->option_text("SECONDS");
}

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  const bool asks_for_json =
      std::any_of(argv, argv + argc, [](std::string_view argument) { return argument == "--json"; });
  const OutputForm form = form_of(asks_for_json);
  const std::string program = app.get_name();
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& wanted) {  // help or version
    std::ostringstream text;
    app.exit(wanted, text, text);
    const Result<void> written = write_stdout(text.str());
    return written ? 0 : report(program, written.error(), form);
  } catch (const CLI::ParseError& error) {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "" : chosen.front()->get_name();
    const bool is_unexpected = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    Error failure =
        is_unexpected ? unexpected_argument(app, command) : Error{ErrorCode::kBadRequest, message_of(error)};
    if (failure.hint.empty()) {
      failure.hint = "see '" + program + (command.empty() ? "" : " " + command) + " --help'";
    }
    return report(program, failure, form);
  }
}

}  // namespace shmbus
