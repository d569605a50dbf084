// What the agent is measured against.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "protocol/curve_key.hpp"

namespace shmbus::bench {

// A process of its own that sends back whatever it receives on a REP socket bound to `endpoint`, with CURVE if it has
// `keys`. To be started before this process has threads. It ends with its owner.
class EchoProcess {
 public:
  explicit EchoProcess(std::string endpoint, const std::optional<CurvePair>& keys = {});
  ~EchoProcess();
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;
  EchoProcess(EchoProcess&&) = delete;
  EchoProcess& operator=(EchoProcess&&) = delete;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

 private:
  std::string endpoint_;
  pid_t pid_;
};

}  // namespace shmbus::bench
