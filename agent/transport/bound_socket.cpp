#include "agent/transport/bound_socket.hpp"

#include <zmq.hpp>

#include "agent/transport/zap_handler.hpp"

namespace shmbus::agent {
namespace {

// Makes libzmq ask our ZAP handler about each connection.
void admit(zmq::socket_t& socket, const Endpoint& endpoint, const SocketAccess& access) {
  if (endpoint.transport == Transport::kCurve) {
    admit_by_key(socket, access.keys.value());
  } else {
    admit_anyone(socket, endpoint.transport == Transport::kInsecure ? OpenDomain::kInsecure : OpenDomain::kLocal);
  }
}

}  // namespace

std::string zeromq_version() {
  const auto [major, minor, patch] = zmq::version();
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch) +
         (zmq_has("curve") != 0 ? " with CURVE" : " without CURVE");
}

void set_common_options(zmq::socket_t& socket, const Limits& limits, std::size_t most_bytes) {
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(most_bytes));
  socket.set(zmq::sockopt::backlog, limits.backlog);
  socket.set(zmq::sockopt::handshake_ivl, static_cast<int>(limits.handshake.count()));
  socket.set(zmq::sockopt::linger, static_cast<int>(limits.linger.count()));
}

std::string_view peer_of(zmq::message_t& message, Transport transport) {
  if (transport == Transport::kInsecure) {
    return {};
  }
  const char* const property = transport == Transport::kCurve ? kKeyProperty : "Peer-Address";
  const char* const value = zmq_msg_gets(message.handle(), property);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

Result<Binding> bind(zmq::socket_t& socket, const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed) {
  Binding binding{.endpoint = endpoint.address, .path = {}};
  const std::string path = path_of_endpoint(endpoint.address);
  if (!path.empty()) {
    Result<SocketPath> claimed = passed ? SocketPath::claim_passed(path, access) : SocketPath::claim(path, access);
    if (!claimed) {
      return std::move(claimed).error();
    }
    if (!passed) {
      Result<UniqueFd> listening = claimed->listen(access, socket.get(zmq::sockopt::backlog));
      if (!listening) {
        return std::move(listening).error();
      }
      passed = *std::move(listening);
    } else if (Result<void> opened = claimed->open_to(access); !opened) {
      return std::move(opened).error();
    }
    binding.path.emplace(*std::move(claimed));
  }
  try {
    admit(socket, endpoint, access);
    socket.set(zmq::sockopt::ipv6, endpoint.address.starts_with("tcp://["));
    if (passed) {
      socket.set(zmq::sockopt::use_fd, passed.get());
    }
    socket.bind(endpoint.address);
    static_cast<void>(passed.release());  // the socket closes it
    if (!binding.path) {
      binding.endpoint = socket.get(zmq::sockopt::last_endpoint);
    }
  } catch (const zmq::error_t& error) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "cannot bind " + endpoint.address + ": " + error.what(),
                 .errno_value = error.num()};
  }
  return binding;
}

}  // namespace shmbus::agent
