#include "tests/bench/echo_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

namespace shmbus::bench {
namespace {

[[noreturn]] void serve(const std::string& endpoint, const std::optional<CurvePair>& keys, const Answering& answering,
                        pid_t owner) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != owner) {
    _exit(0);  // the owner was gone before the line above
  }
  try {
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::rep);
    if (keys) {
      socket.set(zmq::sockopt::curve_server, true);
      socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
    }
    socket.bind(endpoint);
    for (zmq::message_t message;;) {
      static_cast<void>(socket.recv(message));
      if (answering) {
        answering(message);
      }
      socket.send(message, zmq::send_flags::none);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shmbus-bench: the echo at %s failed: %s\n", endpoint.c_str(), error.what());
    _exit(1);
  }
}

}  // namespace

EchoProcess::EchoProcess(std::string endpoint, const std::optional<CurvePair>& keys, const Answering& answering)
    : endpoint_(std::move(endpoint)) {
  const pid_t owner = getpid();
  pid_ = fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (pid_ == 0) {
    serve(endpoint_, keys, answering, owner);
  }
}

EchoProcess::~EchoProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace shmbus::bench
