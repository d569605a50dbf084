#include "agent/config/endpoint.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <string_view>

#include "protocol/number.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr std::string_view kTcp = "tcp://";

// Returns whether the address is 127.x.y.z:PORT or [::1]:PORT. Names are not resolved.
bool is_loopback(std::string_view address) {
  const std::string host(address.substr(0, address.rfind(':')));
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT) == IN_LOOPBACKNET;
  }
  return host == "[::1]";
}

bool is_port(std::string_view text) { return text == "*" || parse_number<std::uint16_t>(text).value_or(0) != 0; }

Error refused(const std::string& endpoint, const std::string& why, const std::string& hint = "") {
  return {.code = ErrorCode::kBadRequest, .message = "endpoint " + endpoint + " was rejected: " + why, .hint = hint};
}

}  // namespace

Endpoint endpoint_of(const std::string& address, const SocketAccess& access, TcpMode tcp) {
  if (address.starts_with(kTcp)) {
    return {address, tcp == TcpMode::kCurve ? Transport::kCurve : Transport::kInsecure};
  }
  return {address, access.is_private() ? Transport::kPrivate : Transport::kLocal};
}

Result<void> check_address(const std::string& endpoint, TcpMode tcp) {
  const std::string_view text = endpoint;
  if (text.starts_with(kTcp)) {
    if (tcp == TcpMode::kRefused) {
      return refused(endpoint, "TCP callers cannot be identified without keys",
                     "give --curve-secret and --curve-keys, or --insecure-tcp for a loopback address");
    }
    if (tcp == TcpMode::kInsecure && !is_loopback(text.substr(kTcp.size()))) {
      return refused(endpoint, "it is not a loopback address", "use tcp://127.0.0.1:PORT, or keys");
    }
    if (!is_port(text.substr(text.rfind(':') + 1))) {
      return refused(endpoint, "its port must be 1 to 65535, or * for any");
    }
    return {};
  }
  if (!text.starts_with(kIpc)) {
    return refused(endpoint, "it must begin with ipc:// or tcp://");
  }
  const std::string_view path = text.substr(kIpc.size());
  constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.front() != '/') {
    return refused(endpoint, "an ipc address must be an absolute path; abstract sockets have no permissions");
  }
  if (path.size() > kLongestPath) {
    return refused(endpoint, "its path has " + std::to_string(path.size()) + " bytes; a socket's path has at most " +
                                 std::to_string(kLongestPath));
  }
  return {};
}

}  // namespace shmbus::agent
