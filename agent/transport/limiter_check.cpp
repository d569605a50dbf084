#include "agent/transport/limiter_check.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "agent/transport/connection_limiter.hpp"
#include "protocol/endpoint/random.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {
namespace {

constexpr std::chrono::milliseconds kPatience{2000};

constexpr const char* kUntried = "cannot test the connection limiter";

Error untried(std::string_view reason) {
  return {.code = ErrorCode::kInternal, .message = std::string(kUntried) + ": " + std::string(reason)};
}

// Connects to the abstract address `name`, which needs no file. Returns an empty descriptor with errno on failure.
UniqueFd connected_to(const std::string& name) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(&address.sun_path[1], sizeof address.sun_path - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    fd.reset();
  }
  return fd;
}

}  // namespace

Result<void> check_connection_limiter() {
  try {
    const std::string name = "shmbus-limiter-check-" + std::to_string(random_53_bits());
    zmq::context_t context;
    zmq::socket_t listener(context, zmq::socket_type::rep);
    listener.set(zmq::sockopt::linger, 0);
    listener.bind("ipc://@" + name);
    const std::uint64_t before = ConnectionLimiter::instance().counts().seen();
    const UniqueFd connection = connected_to(name);
    if (!connection) {
      return errno_error(errno, kUntried, ErrorCode::kInternal);
    }
    pollfd taken{.fd = connection.get(), .events = POLLIN, .revents = 0};  // libzmq greets, or the limiter closed it
    if (::poll(&taken, 1, static_cast<int>(kPatience.count())) != 1) {
      return untried("libzmq accepts no connection");
    }
    if (ConnectionLimiter::instance().counts().seen() == before) {
      return Error{.code = ErrorCode::kUnsupported,
                   .message = "libzmq does not accept connections through the agent's limiter",
                   .hint = "libzmq must be a shared library that calls accept4"};
    }
    return {};
  } catch (const zmq::error_t& error) {
    return untried(error.what());
  }
}

}  // namespace shmbus::agent
