#include "agent/access/bound_socket.hpp"

#include <sys/stat.h>

#include <zmq.hpp>

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

}  // namespace

void set_common_options(zmq::socket_t& socket, const Limits& limits, std::size_t most_bytes) {
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(most_bytes));
  socket.set(zmq::sockopt::backlog, limits.backlog);
  socket.set(zmq::sockopt::handshake_ivl, static_cast<int>(limits.handshake.count()));
  socket.set(zmq::sockopt::linger, static_cast<int>(limits.linger.count()));
}

Result<std::vector<Binding>> bind_all(zmq::socket_t& socket, const std::vector<std::string>& endpoints) {
  std::vector<Binding> bindings;
  for (const std::string& endpoint : endpoints) {
    Binding& binding = bindings.emplace_back();
    const std::string path = path_of_endpoint(endpoint);
    if (!path.empty()) {
      Result<IpcPath> claimed = IpcPath::claim(path);
      if (!claimed) {
        return std::move(claimed).error();
      }
      binding.path.emplace(std::move(*claimed));
    }
    try {
      const PrivateUmask private_umask;
      socket.set(zmq::sockopt::ipv6, endpoint.starts_with("tcp://["));
      socket.bind(endpoint);
      binding.endpoint = socket.get(zmq::sockopt::last_endpoint);
    } catch (const zmq::error_t& error) {
      return Error{.code = ErrorCode::kBadRequest,
                   .message = "can't bind " + endpoint + ": " + error.what(),
                   .errno_value = error.num()};
    }
    if (binding.path) {
      binding.path->make_private();
    }
  }
  return bindings;
}

}  // namespace shmbus::agent
