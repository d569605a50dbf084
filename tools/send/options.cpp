#include "tools/send/options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

#include "tools/shared/command_line.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {
namespace {

constexpr const char* kProgram = "shmbus-send";

std::string help_of(const FieldSpec& field) {
  if (!field.option_help.empty()) {
    return std::string(field.option_help);
  }
  std::string help(field.help);
  if (!field.default_value.empty() && field.type != FieldType::kFlag) {
    help += " (default " + std::string(field.default_value) + ")";
  }
  return help;
}

void add_field(CLI::App& command, const FieldSpec& field, SendOptions& options) {
  if (field.option.empty()) {
    return;
  }
  const std::string option(field.option);
  const std::string name(field.name);
  if (field.type == FieldType::kFlag) {
    command.add_flag_callback(
        option, [&options, name] { options.flags.insert(name); }, help_of(field));
    return;
  }
  CLI::Option* const added = command.add_option_function<std::string>(
      option, [&options, name](const std::string& value) { options.values[name] = value; }, help_of(field));
  if (field.type == FieldType::kBytes) {
    CLI::Option* const file = command.add_option(
        "--data-file", options.data_file, "the same from a file, - for stdin; of any size, in pieces if need be");
    file->type_name("FILE")->excludes(added);
    added->type_name("TEXT");
  } else if (field.required) {
    added->required();
  }
}

// Returns the text that --help of a subcommand prints after the options.
std::string footer_of(std::string_view example) {
  return "shmbus-send --help tells what goes with each of them, where the agent is looked for, and the exit status.\n\n"
         "Example:\n  shmbus-send " +
         std::string(example);
}

void add_operation(CLI::App& app, const OperationSpec& operation, SendOptions& options) {
  const std::string name(operation.name);
  CLI::App* const command = app.add_subcommand(name, std::string(operation.help));
  command->fallthrough();
  command->footer(footer_of(operation.example));
  command->callback([&options, name] { options.command = name; });
  if (operation.field("requests") != nullptr) {
    command->add_option("FILE", options.input, "one JSON request per line, - for stdin")->required();
  }
  for (const FieldSpec& field : operation.own_fields()) {
    add_field(*command, field, options);
  }
  for (const FieldSpec& field : common_fields()) {
    if (field.name != "once" || operation.changes) {
      add_field(*command, field, options);
    }
  }
  if (name == "read") {
    command
        ->add_option("--out", options.out_file,
                     "write the bytes to this file, - for stdout; all of them, in pieces if need be")
        ->type_name("FILE");
  }
  if (name == "read" || name == "write") {
    command->add_flag("--hash", options.hash, "tell the XXH3-128 of the data, on stderr or with --json as xxh3_128");
  }
}

}  // namespace

std::variant<SendOptions, int> parse_send_options(int argc, const char* const* argv) {
  SendOptions options;
  AccessOptions access;
  CLI::App app{"Asks shmbus-agent to do something with System V shared memory.", kProgram};
  app.set_version_flag("--version", std::string(kProgram) + " " + SHMBUS_VERSION);
  app.add_option("--commands", options.commands, "endpoint of the agent (or SHMBUS_COMMANDS)");
  add_access_options(app, access);
  add_seconds(
      app, "--timeout", [&options](auto timeout) { options.timeout = timeout; },
      "seconds to wait for the answer, all tries together (default 3)", 1e6);
  app.add_flag("--json", options.json, "print the reply as one JSON document");
  app.add_flag("--verbose", options.verbose, "tell which endpoint was taken");
  app.footer(
      "The agent is looked for in the user's own runtime directory (SHMBUS_RUNTIME_DIR, for root /run/shmbus, else\n"
      "XDG_RUNTIME_DIR/shmbus), then in /run/shmbus. shmbus-send SUBCOMMAND --help tells its options.\n\n"
      "Exit status: 0 done, 1 internal, 2 wrong usage or request, 3 not found, 4 permission denied, 5 conflict or "
      "does\n"
      "not fit, 6 a limit, 7 no answer from the agent, 130 interrupted.\n\n"
      "read --out and write --data-file move any amount, what exceeds one request in pieces through an attachment of\n"
      "their own, and say how far they got when they fail or are interrupted. A file is replaced when all is there. A\n"
      "file that does not fit changes nothing; data from a pipe, whose size is not known, is written as far as it "
      "fits.\n"
      "With --text it is one request.\n\n"
      "Examples:\n  shmbus-send create --key 5679 --size 1024 --mode 666\n  shmbus-send --json stat --key 5679\n"
      "  shmbus-send raw '{\"op\":\"stat\",\"shm_key\":5679}'");
  app.require_subcommand(0, 1);  // 0: CLI11 would report a misspelled subcommand as missing
  for (const OperationSpec& operation : operations()) {
    add_operation(app, operation, options);
  }
  CLI::App* const raw = app.add_subcommand(kRawCommand, "Send any JSON as it is.");
  raw->fallthrough();
  raw->footer(footer_of("raw '{\"op\":\"stat\",\"shm_key\":5679}'"));
  raw->callback([&options] { options.command = kRawCommand; });
  raw->add_option("JSON", options.input, "the request")->required();
  CLI::App* const keygen = app.add_subcommand(kKeygenCommand, "Make a pair of keys for an agent or caller on TCP.");
  keygen->fallthrough();
  keygen->footer(footer_of("keygen ada"));
  keygen->callback([&options] { options.command = kKeygenCommand; });
  keygen->add_option("NAME", options.input, "whose they are: NAME.secret has both keys, NAME.key the public one")
      ->required();
  keygen->add_option("--dir", options.directory, "where the files are made (default .)")->type_name("DIR");

  app.final_callback([&options] {
    if (options.command.empty()) {
      throw CLI::RequiredError("A subcommand");
    }
  });
  if (const std::optional<int> status = parse_command_line(app, argc, argv)) {
    return *status;
  }
  if (options.command != kKeygenCommand) {  // the environment may name keys that keygen has yet to make
    Result<Access> resolved = resolve_access(access);
    if (!resolved) {
      return report(kProgram, resolved.error(), form_of(options.json));
    }
    options.access = *std::move(resolved);
  }
  return options;
}

}  // namespace shmbus
