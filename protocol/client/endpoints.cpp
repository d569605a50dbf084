#include "protocol/client/endpoints.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "protocol/runtime_directory.hpp"

namespace shmbus {
namespace {

bool is_socket(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Result<Endpoint> find_endpoint(Channel channel, const std::string& option) {
  const bool commands = channel == Channel::kCommands;
  if (!option.empty()) {
    return Endpoint{option, {commands ? "option --commands" : "option --events"}};
  }
  const char* const variable = commands ? "SHMBUS_COMMANDS" : "SHMBUS_EVENTS";
  if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
    return Endpoint{value, {std::string("environment ") + variable}};
  }

  Endpoint endpoint;
  std::optional<Error> untrusted;
  for (const std::string& directory : client_runtime_directories()) {
    const std::string path = directory + "/" + (commands ? kCommandsSocket : kEventsSocket);
    const Result<void> check = check_runtime_directory(directory);
    if (check.ok() && is_socket(path)) {
      endpoint.address = "ipc://" + path;
      endpoint.looked_at.push_back(path + " (found)");
      return endpoint;
    }
    const bool refused = !check.ok() && check.error().code != ErrorCode::kNotFound;
    endpoint.looked_at.push_back(path + (refused ? " (" + check.error().message + ")" : " (no socket)"));
    if (refused) {
      untrusted = untrusted ? untrusted : check.error();
    } else if (endpoint.address.empty()) {
      endpoint.address = "ipc://" + path;
    }
  }
  if (endpoint.address.empty()) {
    return untrusted.value_or(Error{ErrorCode::kNoAnswer, "there is no runtime directory to look for the agent in"});
  }
  return endpoint;
}

std::string describe(const Endpoint& endpoint) {
  std::string text = endpoint.address;
  const char* separator = "; looked at ";
  for (const std::string& place : endpoint.looked_at) {
    text += separator + place;
    separator = ", ";
  }
  return text;
}

}  // namespace shmbus
