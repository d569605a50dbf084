#include "tools/send/options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

#include "tools/shared/command_line.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {
namespace {

constexpr const char* kProgram = "shmbus-send";

constexpr const char* kEndOfHelp =
    "Without --commands the agent's socket is searched for in $SHMBUS_RUNTIME_DIR (default: /run/shmbus\n"
    "for root, else $XDG_RUNTIME_DIR/shmbus), then in /run/shmbus.\n\n"
    "Exit status:\n"
    "  0    success\n"
    "  1    internal error, or not supported on this host\n"
    "  2    invalid usage or request\n"
    "  3    not found\n"
    "  4    permission denied\n"
    "  5    conflict, or out of range\n"
    "  6    limit reached, no memory, or busy\n"
    "  7    no reply from the agent\n"
    "  130  interrupted\n\n"
    "See also: shmbus-send(1), shmbus-watch(1), shmbus-protocol(7)";

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
  const std::string placeholder(field.placeholder);
  if (field.type == FieldType::kBytes) {
    command.add_option("--data-file", options.data_file, "write the content of a file instead, - for stdin; any size")
        ->option_text("FILE")
        ->excludes(added);
    added->option_text(placeholder);
  } else {
    added->required(field.required)->option_text(placeholder + (field.required ? " (required)" : ""));
  }
}

// What read and write can do beyond one request.
constexpr const char* kReadNote =
    "--out reads any amount of data, in pieces if necessary; FILE is replaced only when all of it is\n"
    "there. With --text the data must fit into one request (1 MiB). A transfer that fails or is\n"
    "interrupted reports how many bytes were read.\n\n";
constexpr const char* kWriteNote =
    "--data-file writes any amount of data, in pieces if necessary. A file that does not fit is rejected\n"
    "before anything is written; data from a pipe is written as far as it fits. With --text the data\n"
    "must fit into one request (1 MiB). A transfer that fails or is interrupted reports how many bytes\n"
    "were written.\n\n";

// Returns the text that --help of a command prints before the options.
std::string footer_of(std::string_view command, std::string_view example) {
  return std::string(command == "read"    ? kReadNote
                     : command == "write" ? kWriteNote
                                          : "") +
         "Example:\n  shmbus-send " + std::string(example) +
         "\n\nSee 'shmbus-send --help' for the options that every command takes.";
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& help, std::string_view example,
                      SendOptions& options) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->group("Commands");
  command->set_help_flag("-h,--help", "print this help and exit");
  command->fallthrough();
  command->footer(footer_of(name, example));
  command->callback([&options, name] { options.command = name; });
  return command;
}

void add_operation(CLI::App& app, const OperationSpec& operation, SendOptions& options) {
  const std::string name(operation.name);
  CLI::App* const command = add_command(app, name, std::string(operation.help), operation.example, options);
  if (operation.field("requests") != nullptr) {
    command->add_option("FILE", options.input, "file with one JSON request per line, - for stdin")
        ->required()
        ->option_text(" ");
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
    command->add_option("--out", options.out_file, "write the data to a file, - for stdout; any size")
        ->option_text("FILE");
  }
  if (name == "read" || name == "write") {
    command->add_flag("--hash", options.hash,
                      "print the XXH3-128 hash of the data on stderr, or with --json in\nfield xxh3_128");
  }
}

}  // namespace

std::variant<SendOptions, int> parse_send_options(int argc, const char* const* argv) {
  SendOptions options;
  AccessOptions access;
  CLI::App app{"Manages System V shared memory segments through shmbus-agent.", kProgram};
  set_up_help(app, "[OPTIONS] COMMAND [OPTIONS]", kEndOfHelp);
  app.add_option("--commands", options.commands, "endpoint of the agent's command socket (or SHMBUS_COMMANDS)")
      ->option_text("ENDPOINT");
  add_access_options(app, access);
  add_seconds(
      app, "--timeout", [&options](auto timeout) { options.timeout = timeout; },
      "time to wait for the reply, retries included (default 3)", 1'000'000);
  app.add_flag("--json", options.json, "print the reply as one line of JSON");
  app.add_flag("--verbose", options.verbose, "print the endpoint that is used");
  app.footer(
      "Examples:\n  shmbus-send list\n  shmbus-send set --key 5679 --mode 660\n"
      "  shmbus-send read --key 5679 --out dump\n\n"
      "Run 'shmbus-send COMMAND --help' for the options of a command. The options below can be given\n"
      "before or after the command. Sizes are in bytes (suffixes K, M, G, T), times in seconds, modes in\n"
      "octal digits.");
  app.require_subcommand(0, 1);  // 0: CLI11 would report a misspelled subcommand as missing
  for (const OperationSpec& operation : operations()) {
    add_operation(app, operation, options);
  }
  add_command(app, kRawCommand, "Send a request given as JSON.", "raw '{\"op\":\"stat\",\"shm_key\":5679}'", options)
      ->add_option("JSON", options.input, "the request")
      ->required()
      ->option_text(" ");
  CLI::App* const keygen =
      add_command(app, kKeygenCommand, "Generate a key pair for an agent or client on TCP.", "keygen ada", options);
  keygen->add_option("NAME", options.input, "writes NAME.secret (both keys) and NAME.key (the public key)")
      ->required()
      ->option_text(" ");
  keygen->add_option("--dir", options.directory, "directory for the two files (default: the current one)")
      ->option_text("DIR");

  app.final_callback([&options] {
    if (options.command.empty()) {
      throw CLI::RequiredError("A command");
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
