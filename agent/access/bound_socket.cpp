#include "agent/access/bound_socket.hpp"

#include <sys/stat.h>

#include <zmq.hpp>

#include "agent/access/zap_handler.hpp"

namespace shmbus::agent {
namespace {

// New files are the owner's alone while this lives; libzmq creates an ipc socket in the thread that binds.
class PrivateUmask {
 public:
  PrivateUmask() : before_(umask(S_IXUSR | S_IRWXG | S_IRWXO)) {}
  PrivateUmask(const PrivateUmask&) = delete;
  PrivateUmask& operator=(const PrivateUmask&) = delete;
  ~PrivateUmask() { umask(before_); }

 private:
  mode_t before_;
};

// Has our ZAP handler asked about each connection.
void admit(zmq::socket_t& socket, const Endpoint& endpoint, const SocketAccess& access) {
  switch (endpoint.transport) {
    case Transport::kPrivate:
    case Transport::kLocal:
      admit_anyone(socket, OpenDomain::kLocal);
      break;
    case Transport::kInsecure:
      admit_anyone(socket, OpenDomain::kInsecure);
      break;
    case Transport::kCurve:
      admit_by_key(socket, access.keys.value());
      break;
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
  const char* property = nullptr;
  switch (transport) {
    case Transport::kPrivate:
    case Transport::kLocal:
      property = "Peer-Address";
      break;
    case Transport::kCurve:
      property = kKeyProperty;
      break;
    case Transport::kInsecure:
      return {};
  }
  const char* const value = zmq_msg_gets(message.handle(), property);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

Result<Binding> bind(zmq::socket_t& socket, const Endpoint& endpoint, const SocketAccess& access, UniqueFd passed) {
  Binding binding;
  const std::string path = path_of_endpoint(endpoint.address);
  if (!path.empty()) {
    Result<IpcPath> claimed = passed ? IpcPath::claim_passed(path, access) : IpcPath::claim(path);
    if (!claimed) {
      return std::move(claimed).error();
    }
    binding.path.emplace(*std::move(claimed));
  }
  try {
    const PrivateUmask private_umask;
    admit(socket, endpoint, access);
    socket.set(zmq::sockopt::ipv6, endpoint.address.starts_with("tcp://["));
    if (passed) {
      socket.set(zmq::sockopt::use_fd, passed.get());
    }
    socket.bind(endpoint.address);
    static_cast<void>(passed.release());  // the socket closes it
    binding.endpoint = socket.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "can't bind " + endpoint.address + ": " + error.what(),
                 .errno_value = error.num()};
  }
  if (binding.path) {
    if (Result<void> opened = binding.path->open_to(access); !opened) {
      return std::move(opened).error();
    }
  }
  return binding;
}

}  // namespace shmbus::agent
