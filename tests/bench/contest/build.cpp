#include "tests/bench/contest/build.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "tests/bench/require.hpp"

namespace shmbus::bench {
namespace {

std::string open_commands(const std::string& directory) { return "ipc://" + directory + "/commands.sock"; }

Client connected(const std::string& endpoint) {
  Client client = require(Client::open({Endpoint{endpoint}, std::chrono::seconds(20)}));
  require(client, PingRequest{});
  return client;
}

}  // namespace

bool others_exist() {
  std::ifstream map("/proc/self/uid_map");
  unsigned long inside = 0;
  unsigned long outside = 0;
  unsigned long count = 0;
  return geteuid() == 0 && map >> inside >> outside >> count && count > kOtherUser;
}

Build::Build(const BuildSetup& setup)
    : setup_(setup),
      open_directory_(setup.directory + "-open"),
      tcp_(free_tcp_endpoint()),
      agent_({setup.bin + "/shmbus-agent", "--log-level", "warning", "--detection", setup.detection},
             {"SHMBUS_RUNTIME_DIR=" + setup.directory}),
      open_agent_({setup.bin + "/shmbus-agent", "--log-level", "error", "--detection", "scan", "--scan-interval", "0",
                   "--socket-mode", "666", "--commands", open_commands(open_directory_), "--commands", tcp_,
                   "--insecure-tcp", "--max-requests-per-second", "0"},
                  {"SHMBUS_RUNTIME_DIR=" + open_directory_}),
      other_user_(others_exist() ? std::make_unique<TimedClient>(
                                       TimedClientSetup{open_commands(open_directory_), setup.stat, kOtherUser, {}})
                                 : nullptr) {}

void Build::connect() {
  client_.emplace(connected(commands()));
  connected(open_commands(open_directory_));
}

std::vector<pid_t> Build::all() const {
  std::vector<pid_t> pids{agent_.pid(), open_agent_.pid()};
  if (other_user_) {
    pids.push_back(other_user_->pid());
  }
  return pids;
}

}  // namespace shmbus::bench
