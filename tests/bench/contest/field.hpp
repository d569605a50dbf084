// The sides of the comparison: their processes, their endpoints, and the requests that they get.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/contest/bare_servers.hpp"
#include "tests/bench/contest/build.hpp"
#include "tests/bench/contest/least_server.hpp"
#include "tests/bench/contest/results.hpp"
#include "tests/bench/contest/server_process.hpp"
#include "tests/bench/contest/stream_client.hpp"
#include "tests/bench/echo_process.hpp"
#include "tests/bench/require.hpp"
#include "tests/bench/timed_client.hpp"

namespace shmbus::bench {

struct FieldOptions {
  std::string directory;  // an empty one, for sockets
  std::string bin;        // where shmbus-agent is
  std::string against;    // where that of another build is; empty: there is none
  std::string flask;      // the service; empty: neither it nor Redis takes part
  std::string detection = "scan";
};

// How much is done for each row.
struct Effort {
  int repetitions = 5;
  int turns = 8;         // of each side in a repetition
  int turn_ms = 4;       // of a side that gets one request at a time
  int pipelined = 1500;  // requests in a turn
  int moved_megabytes = 1024;
  int transfers = 5;  // of whole segments
  int listed_segments = 30'000;
  int bursts = 2;  // of 1000 events
  int most_subscribers = 100;
  int most_clients = 1000;
  bool builds_alone = false;  // no other side takes turns

  [[nodiscard]] bool has_turns(Side side) const {
    return !builds_alone || side == Side::kShmbus || side == Side::kOtherBuild;
  }
};

inline constexpr Key kKey = 5679;
inline constexpr std::size_t kSegmentBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kSmallBytes = 64;
inline constexpr std::size_t kEventBytes = 330;

// Requests that are sent in turn.
using Requests = std::vector<std::string>;

// Owns all sides, and one segment with kKey that every user may use. Construct it in an IPC namespace of its own, in a
// process without threads. Its destruction ends all sides.
struct Field {
  explicit Field(const FieldOptions& options);

  // The processes of the sides, to see what they use and to place them.
  [[nodiscard]] std::optional<pid_t> pid_of(Side side) const;
  [[nodiscard]] std::vector<pid_t> all() const;

  // Checks that the server at `endpoint`, or all agents for their own user, take each of them. Throws
  // std::runtime_error with what is said.
  void check(const std::string& endpoint, const Requests& requests, const Operation& operation);
  void check_agents(const Requests& requests, const Operation& operation);

  FieldOptions options;
  int shmid;
  Requests ping, stat, set, read, write;
  std::string redis_path;
  EchoProcess echo, echo_tcp, bare_stat, pieces, least;
  std::unique_ptr<EchoProcess> least_as_other;  // as the other user
  BarePublisher publisher;
  std::deque<Build> builds;  // ours, then the other one, which has the same turns
  std::optional<ServerProcess> redis, flask;
  // Of our own user, if there can be others.
  std::unique_ptr<TimedClient> echo_user, least_user;
  int flask_port = 0;
  zmq::context_t context;

  [[nodiscard]] std::string publisher_endpoint() const { return "ipc://" + options.directory + "/publisher.sock"; }
};

// The CPUs on which the threads run. `kServersApart`: the main thread of each server on one CPU, and all other threads
// on the others. Left to the scheduler, they sometimes share one CPU and leave another idle.
enum class Placement : std::uint8_t { kAnywhere, kOneCpu, kServersApart };

void place(const std::vector<pid_t>& processes, Placement placement);

}  // namespace shmbus::bench
