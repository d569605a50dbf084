// Defines the command line of shmbus-send and parses it. Subcommands and their options are generated from the table in
// protocol/operations.hpp, so an operation that is added there needs nothing here.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "protocol/operations.hpp"
#include "tools/shared/access_options.hpp"

namespace shmbus {

// The subcommands that are not operations.
inline constexpr const char* kRawCommand = "raw";
inline constexpr const char* kKeygenCommand = "keygen";  // contacts no agent

// One run of shmbus-send. The values of an operation's fields are still text; build_request() converts and checks them.
struct SendOptions {
  std::string command;                                     // name of the operation, or one of the two above
  std::map<std::string, std::string, std::less<>> values;  // field name -> value as typed
  std::set<std::string, std::less<>> flags;                // names of the fields whose flag was given
  std::optional<std::string> data_file;                    // write: path, or "-" for stdin
  std::optional<std::string> out_file;                     // read: path, or "-" for stdout
  bool hash = false;                                       // read, write
  std::string input;                                       // raw: JSON; batch: path or "-"; keygen: name
  std::string directory = ".";                             // keygen: existing directory
  std::string commands;                                    // ZeroMQ address; "": see find_endpoint()
  Access access;                                           // not resolved for keygen
  std::chrono::milliseconds timeout{3000};                 // of one answer, all tries together
  bool json = false;
  bool verbose = false;
};

// Parses the command line and resolves the access options, see resolve_access(). Returns the options, or the exit
// status if there is nothing to run: 0 after --help and --version, otherwise that of the error. The help text or the
// error is printed by then.
[[nodiscard]] std::variant<SendOptions, int> parse_send_options(int argc, const char* const* argv);

}  // namespace shmbus
