#include "agent/system/socket_activation.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <sstream>

#include "agent/system/environment.hpp"
#include "protocol/number.hpp"

namespace shmbus::agent {
namespace {

constexpr int kMostPassed = 4096;  // a higher number is a mistake

Error refused(const std::string& what, const std::string& why) {
  return {.code = ErrorCode::kBadRequest,
          .message = what + " was rejected: " + why,
          .hint = "the agent accepts only Unix stream sockets from its socket unit (ListenStream=/PATH, Accept=no)"};
}

std::optional<int> option_of(int descriptor, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? std::optional(value) : std::nullopt;
}

// Returns an empty string for an abstract address and for a socket that is not bound.
std::string path_of(int descriptor) {
  sockaddr_un address{};
  socklen_t length = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      length <= offsetof(sockaddr_un, sun_path)) {
    return {};
  }
  const std::string bytes(address.sun_path, length - offsetof(sockaddr_un, sun_path));
  return bytes.substr(0, bytes.find('\0'));
}

Result<PassedSocket> take(int descriptor, std::string name) {
  const std::string what = "descriptor " + std::to_string(descriptor) + (name.empty() ? "" : " (" + name + ")");
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return errno_error(errno, what + " was rejected", ErrorCode::kBadRequest);
  }
  PassedSocket passed{.descriptor = UniqueFd(descriptor), .path = path_of(descriptor), .name = std::move(name)};
  if (option_of(descriptor, SO_DOMAIN) != AF_UNIX || option_of(descriptor, SO_TYPE) != SOCK_STREAM) {
    return refused(what, "it is not a Unix stream socket");
  }
  if (option_of(descriptor, SO_ACCEPTCONN) != 1) {
    return refused(what, "it is not a listening socket");
  }
  if (passed.path.empty()) {
    return refused(what, "it has no path");
  }
  return passed;
}

}  // namespace

Result<std::vector<PassedSocket>> take_passed_sockets(int first) {
  const std::string count = taken_from_environment("LISTEN_FDS");
  const std::string process = taken_from_environment("LISTEN_PID");
  std::istringstream names(taken_from_environment("LISTEN_FDNAMES"));
  std::vector<PassedSocket> sockets;
  if (count.empty() || process != std::to_string(::getpid())) {
    return sockets;
  }
  const std::optional<int> number = parse_number<int>(count);
  if (!number || *number < 0 || *number > kMostPassed) {
    return refused("LISTEN_FDS=" + count, "it is not a number of descriptors");
  }
  for (int descriptor = first; descriptor < first + *number; ++descriptor) {
    std::string name;
    std::getline(names, name, ':');
    Result<PassedSocket> passed = take(descriptor, std::move(name));
    if (!passed) {
      return std::move(passed).error();
    }
    sockets.push_back(*std::move(passed));
  }
  return sockets;
}

UniqueFd take_at(const std::string& path, std::vector<PassedSocket>& passed) {
  const auto found = std::find_if(passed.begin(), passed.end(),
                                  [&path](const auto& one) { return one.descriptor && one.path == path; });
  return found == passed.end() ? UniqueFd() : std::move(found->descriptor);
}

Result<void> all_taken(const std::vector<PassedSocket>& passed) {
  const auto left = std::find_if(passed.begin(), passed.end(), [](const auto& one) { return one.descriptor.valid(); });
  if (left == passed.end()) {
    return {};
  }
  return Error{.code = ErrorCode::kBadRequest,
               .message = (left->name.empty() ? "the service manager" : left->name) + " listens at " + left->path +
                          ", which is not one of the endpoints",
               .hint = "ListenStream= of the socket unit and --commands or --events must name the same path"};
}

}  // namespace shmbus::agent
