#include "agent/access/peer_check.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "agent/access/principal.hpp"

namespace shmbus::agent {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};

// A directory that nobody else can enter, gone with the socket in it.
class OwnDirectory {
 public:
  explicit OwnDirectory(const std::string& above) : path_(above + "/.XXXXXX") {  // mkdtemp(3) fills it in
    if (::mkdtemp(path_.data()) == nullptr) {
      path_.clear();
    }
  }
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;
  ~OwnDirectory() {
    if (!path_.empty()) {
      ::unlink((path_ + "/s").c_str());
      ::rmdir(path_.c_str());
    }
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Error not_told(const std::string& why) {
  return {.code = ErrorCode::kUnsupported,
          .message = "who asks can't be told: " + why,
          .hint = "libzmq 4.3.4 is known to tell it"};
}

}  // namespace

Result<void> check_peer_address(zmq::context_t& context, const std::string& directory) {
  const OwnDirectory own(directory);
  if (own.path().empty()) {
    return not_told("no socket can be made in " + directory);
  }
  const std::string address = "ipc://" + own.path() + "/s";
  try {
    zmq::socket_t server(context, zmq::socket_type::pull);
    zmq::socket_t client(context, zmq::socket_type::push);
    for (zmq::socket_t* const socket : {&server, &client}) {
      socket->set(zmq::sockopt::linger, 0);
    }
    server.set(zmq::sockopt::rcvtimeo, static_cast<int>(kPatience.count()));
    server.bind(address);
    client.connect(address);
    client.send(zmq::str_buffer("who am I?"), zmq::send_flags::dontwait);
    zmq::message_t message;
    if (!server.recv(message)) {
      return not_told("no message came");
    }
    const std::string said = message.gets("Peer-Address");
    const std::optional<Caller> caller = caller_from_peer_address(said);
    if (!caller || caller->uid != ::geteuid() || caller->gid != ::getegid() || caller->pid != ::getpid()) {
      return not_told("of this process libzmq says " + said);
    }
    return {};
  } catch (const zmq::error_t& error) {
    return not_told(error.what());
  }
}

}  // namespace shmbus::agent
