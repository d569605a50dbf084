// A bare echo server, the peer that the agent is measured against.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "protocol/endpoint/curve_key.hpp"

namespace shmbus::bench {

// Makes the answer out of the request, in its place.
using Answering = std::function<void(zmq::message_t& message)>;

// A process of its own that sends back whatever it receives on a REP socket bound to `endpoint`, or what `answering`
// makes of it; with CURVE if it has `keys`. To be started before this process has threads. It ends with its owner.
class EchoProcess {
 public:
  explicit EchoProcess(std::string endpoint, const std::optional<CurvePair>& keys = {},
                       const Answering& answering = {});
  ~EchoProcess();
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;
  EchoProcess(EchoProcess&&) = delete;
  EchoProcess& operator=(EchoProcess&&) = delete;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  std::string endpoint_;
  pid_t pid_;
};

}  // namespace shmbus::bench
