#include "protocol/client/endpoints.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "protocol/endpoint/runtime_directory.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {
namespace {

// Returns why no agent listens on the socket, or "" if one does. An agent drops a connection that sends nothing.
std::string why_not(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return "the path is too long";
  }
  path.copy(address.sun_path, path.size());
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool connected = connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  switch (const int failure = connected ? 0 : errno) {
    case 0:
    case EAGAIN:  // its queue of connections is full
      return "";
    case ENOENT:
    case ENOTDIR:
      return "no socket";
    case ECONNREFUSED:
      return "no process is listening";
    default:
      return std::generic_category().message(failure);
  }
}

}  // namespace

Result<Endpoint> find_endpoint(Channel channel, const std::string& option) {
  const bool commands = channel == Channel::kCommands;
  if (!option.empty()) {
    return Endpoint{option, {commands ? "option --commands" : "option --events"}};
  }
  const char* const variable = commands ? "SHMBUS_COMMANDS" : "SHMBUS_EVENTS";
  if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
    const std::string_view endpoints = value;  // an agent may have several
    return Endpoint{std::string(endpoints.substr(0, endpoints.find(','))), {std::string("environment ") + variable}};
  }

  Endpoint endpoint;
  std::optional<Error> untrusted;
  for (const std::string& directory : client_runtime_directories()) {
    const std::string path = directory + "/" + (commands ? kCommandsSocket : kEventsSocket);
    const Result<void> check = check_runtime_directory(directory);
    const bool refused = !check.ok() && check.error().code != ErrorCode::kNotFound;
    const std::string objection = refused ? check.error().message : why_not(path);
    if (objection.empty()) {
      endpoint.address = "ipc://" + path;
      endpoint.looked_at.push_back(path + " (found)");
      return endpoint;
    }
    endpoint.looked_at.push_back(path + " (" + objection + ")");
    if (refused) {
      untrusted = untrusted ? untrusted : check.error();
    } else if (endpoint.address.empty()) {
      endpoint.address = "ipc://" + path;
    }
  }
  if (endpoint.address.empty()) {
    return untrusted.value_or(Error{ErrorCode::kNoAnswer, "there is no runtime directory to search for the agent"});
  }
  return endpoint;
}

std::string describe(const Endpoint& endpoint) {
  std::string text = endpoint.address;
  const char* separator = "; tried ";
  for (const std::string& place : endpoint.looked_at) {
    text += separator + place;
    separator = ", ";
  }
  return text;
}

}  // namespace shmbus
