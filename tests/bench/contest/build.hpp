// A build of the agent that takes part in the comparison.
#pragma once

#include <sys/types.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/client/client.hpp"
#include "tests/bench/contest/results.hpp"
#include "tests/bench/contest/server_process.hpp"
#include "tests/bench/timed_client.hpp"

namespace shmbus::bench {

// An unused uid.
inline constexpr uid_t kOtherUser = 23456;

// Whether there can be processes of kOtherUser.
[[nodiscard]] bool others_exist();

struct BuildSetup {
  Side side;
  std::string bin;        // where shmbus-agent is
  std::string directory;  // for its sockets
  std::string detection;
  std::string stat;  // the request of another user
};

// Two agents of one build: one for its own user, and one for all local users and on tcp. To be made before this process
// has threads.
class Build {
 public:
  explicit Build(const BuildSetup& setup);

  // Waits for both agents, and keeps a client of the first. To be called when no process without threads is to be made
  // any more. Throws std::runtime_error if they do not answer.
  void connect();

  [[nodiscard]] Side side() const { return setup_.side; }
  [[nodiscard]] const std::string& bin() const { return setup_.bin; }
  [[nodiscard]] const std::string& directory() const { return setup_.directory; }
  [[nodiscard]] std::string commands() const { return "ipc://" + directory() + "/commands.sock"; }
  [[nodiscard]] std::string events() const { return "ipc://" + directory() + "/events.sock"; }
  [[nodiscard]] const std::string& tcp() const { return tcp_; }
  [[nodiscard]] Client& client() { return *client_; }
  [[nodiscard]] TimedClient* other_user() const { return other_user_.get(); }  // null if others_exist() is false
  [[nodiscard]] pid_t pid() const { return agent_.pid(); }
  [[nodiscard]] std::vector<pid_t> all() const;

 private:
  BuildSetup setup_;
  std::string open_directory_;
  std::string tcp_;
  ServerProcess agent_;
  ServerProcess open_agent_;
  std::unique_ptr<TimedClient> other_user_;
  std::optional<Client> client_;
};

// What `make` makes of each of them, a client say, with that build.
template <class Make>
auto for_each_build(std::deque<Build>& builds, const Make& make) {
  std::vector<std::pair<Build*, decltype(make(builds.front()))>> made;
  for (Build& build : builds) {
    made.emplace_back(&build, make(build));
  }
  return made;
}

}  // namespace shmbus::bench
