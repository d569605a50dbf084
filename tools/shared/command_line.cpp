#include "tools/shared/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>

#include "tools/shared/report.hpp"

namespace shmbus {

void add_seconds(CLI::App& app, const std::string& option, const std::function<void(std::chrono::milliseconds)>& set,
                 const std::string& help, double most) {
  const auto set_seconds = [set](double seconds) {
    set(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
  };
  app.add_option_function<double>(option, set_seconds, help)->check(CLI::Range(0.001, most));
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
    const std::string command = program + (chosen.empty() ? "" : " " + chosen.front()->get_name());
    return report(program, {ErrorCode::kBadRequest, error.what(), command + " --help tells more"}, form);
  }
}

}  // namespace shmbus
