// The command line of shmbus-send, made from the table of operations.
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

inline constexpr const char* kRawCommand = "raw";
inline constexpr const char* kKeygenCommand = "keygen";  // asks no agent

struct SendOptions {
  std::string command;                                     // an operation's name, or one of the two above
  std::map<std::string, std::string, std::less<>> values;  // by the field's name, as they were typed
  std::set<std::string, std::less<>> flags;                // names of the fields whose flag was given
  std::optional<std::string> data_file;                    // write: a path or "-"
  std::optional<std::string> out_file;                     // read
  bool hash = false;                                       // read, write
  std::string input;                                       // raw: the JSON; batch: a path or "-"; keygen: the name
  std::string directory = ".";                             // keygen
  std::string commands;                                    // endpoint, "" to look for one
  Access access;
  std::chrono::milliseconds timeout{3000};
  bool json = false;
  bool verbose = false;
};

// What to do, or the exit status if the command line was wrong or asked for help, which is then already printed.
[[nodiscard]] std::variant<SendOptions, int> parse_send_options(int argc, const char* const* argv);

}  // namespace shmbus
