#include "tests/bench/contest/field.hpp"

#include <sched.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/bench/load.hpp"

namespace shmbus::bench {
namespace {

constexpr uid_t kNobody = 65534;         // whom a caller on tcp is served as
constexpr std::size_t kStatReply = 250;  // bytes, as the agent's
constexpr int kMostSockets = 4096;

int make_segment() {
  const int shmid = shmget(static_cast<key_t>(kKey), kSegmentBytes, IPC_CREAT | IPC_EXCL | 0666);
  if (shmid < 0) {
    throw std::system_error(errno, std::generic_category(), "shmget");
  }
  shmid_ds state{};
  shmctl(shmid, IPC_STAT, &state);
  state.shm_perm.uid = kNobody;
  static_cast<void>(shmctl(shmid, IPC_SET, &state));  // in a user namespace there is no such user, and tcp needs none
  return shmid;
}

std::string encoded(Operation operation) {
  return encode_request({RequestId(std::uint64_t{1}), {}, {}, std::move(operation)});
}

SetRequest set_mode(std::uint16_t bits) {
  SetRequest request;
  request.segment.shm_key = kKey;
  request.mode = Mode{bits};
  return request;
}

ReadRequest small_read() {
  ReadRequest request;
  request.segment.shm_key = kKey;
  request.length = kSmallBytes;
  return request;
}

WriteRequest small_write(const std::string& data) {
  WriteRequest request;
  request.segment.shm_key = kKey;
  request.data = data;
  return request;
}

std::deque<Build> builds_of(const FieldOptions& options, const std::string& stat) {
  std::deque<Build> builds;
  builds.emplace_back(BuildSetup{Side::kShmbus, options.bin, options.directory + "/agent", options.detection, stat});
  if (!options.against.empty()) {
    builds.emplace_back(
        BuildSetup{Side::kOtherBuild, options.against, options.directory + "/other-agent", options.detection, stat});
  }
  return builds;
}

zmq::context_t roomy_context() {
  zmq::context_t context;
  context.set(zmq::ctxopt::max_sockets, kMostSockets);
  return context;
}

// Where one thread is to run; `serves`: it is a server's main thread.
cpu_set_t cpus_for(Placement placement, bool serves, const cpu_set_t& all) {
  if (placement == Placement::kAnywhere || CPU_COUNT(&all) == 1) {
    return all;
  }
  cpu_set_t last = all;
  for (int cpu = 0; CPU_COUNT(&last) > 1; ++cpu) {
    CPU_CLR(cpu, &last);
  }
  if (placement == Placement::kOneCpu || serves) {
    return last;
  }
  cpu_set_t others;
  CPU_XOR(&others, &all, &last);
  return others;
}

}  // namespace

Field::Field(const FieldOptions& given)
    : options(given),
      shmid(make_segment()),
      ping{encoded(PingRequest{})},
      stat{encoded(StatRequest{{kKey, {}}})},
      set{encoded(set_mode(0664)), encoded(set_mode(0666))},
      read{encoded(small_read())},
      write{encoded(small_write(std::string(kSmallBytes, 'x')))},
      redis_path(options.directory + "/redis.sock"),
      echo("ipc://" + options.directory + "/echo.sock"),
      echo_tcp(free_tcp_endpoint()),
      bare_stat("ipc://" + options.directory + "/stat.sock", {}, answer_with_stat(shmid, kStatReply)),
      pieces("ipc://" + options.directory + "/pieces.sock", {}, serve_pieces),
      least("ipc://" + options.directory + "/least.sock", {}, answer_least(shmid)),
      least_as_other(others_exist() ? std::make_unique<EchoProcess>("ipc://" + options.directory + "/other.sock",
                                                                    std::nullopt, answer_least(shmid, kOtherUser))
                                    : nullptr),
      publisher(publisher_endpoint(), kEventBytes),
      builds(builds_of(options, stat.front())),
      echo_user(others_exist()
                    ? std::make_unique<TimedClient>(TimedClientSetup{echo.endpoint(), stat.front(), {}, {}, true})
                    : nullptr),
      least_user(least_as_other
                     ? std::make_unique<TimedClient>(TimedClientSetup{least_as_other->endpoint(), stat.front(), {}, {}})
                     : nullptr),
      context(roomy_context()) {
  if (!options.flask.empty()) {
    // As the package redis-server does, which would start one for the whole machine.
    const std::string redis_server = options.directory + "/redis-server";
    std::filesystem::create_symlink("/usr/bin/redis-check-rdb", redis_server);
    redis.emplace(std::vector<std::string>{redis_server, "--port", "0", "--unixsocket", redis_path, "--save", "",
                                           "--appendonly", "no", "--dir", options.directory, "--proto-max-bulk-len",
                                           "1gb", "--maxclients", "2000"});
    redis->wait_for("accept connections");
    flask.emplace(std::vector<std::string>{"/usr/bin/python3", options.flask});
    const std::string ready = flask->wait_for("ready");
    flask_port = std::stoi(ready.substr(ready.rfind(' ')));
  }
  for (Build& build : builds) {
    build.connect();
  }
}

std::optional<pid_t> Field::pid_of(Side side) const {
  switch (side) {
    case Side::kEcho:
      return echo.pid();
    case Side::kLeast:
      return least.pid();
    case Side::kShmbus:
      return builds.front().pid();
    case Side::kOtherBuild:
      return builds.size() > 1 ? std::optional(builds.back().pid()) : std::nullopt;
    case Side::kRedis:
      return redis ? std::optional(redis->pid()) : std::nullopt;
    case Side::kFlask:
      return flask ? std::optional(flask->pid()) : std::nullopt;
    case Side::kDirect:
      break;
  }
  return std::nullopt;
}

std::vector<pid_t> Field::all() const {
  std::vector<pid_t> pids{getpid(),     echo.pid(),  echo_tcp.pid(), bare_stat.pid(),
                          pieces.pid(), least.pid(), publisher.pid()};
  for (const Build& build : builds) {
    const std::vector<pid_t> of_build = build.all();
    pids.insert(pids.end(), of_build.begin(), of_build.end());
  }
  if (least_as_other) {
    pids.push_back(least_as_other->pid());
  }
  for (const auto* process : {&redis, &flask}) {
    if (*process) {
      pids.push_back((*process)->pid());
    }
  }
  for (const auto* user : {&echo_user, &least_user}) {
    if (*user) {
      pids.push_back((*user)->pid());
    }
  }
  return pids;
}

void Field::check(const std::string& endpoint, const Requests& requests, const Operation& operation) {
  RoundTrips trips(context, endpoint);
  for (const std::string& request : requests) {
    const std::string answer = trips.ask(request);
    const Result<Reply> reply = decode_reply(answer, operation);
    if (!reply || !reply->ok()) {
      throw std::runtime_error(reply ? std::get<Error>(reply->outcome).message : reply.error().message);
    }
  }
}

void Field::check_agents(const Requests& requests, const Operation& operation) {
  for (const Build& build : builds) {
    check(build.commands(), requests, operation);
  }
}

void place(const std::vector<pid_t>& processes, Placement placement) {
  static const cpu_set_t all = [] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  for (const pid_t process : processes) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
      const pid_t thread = std::stoi(task.path().filename());
      const bool serves = thread == process && process != getpid();
      const cpu_set_t wanted = cpus_for(placement, serves, all);
      sched_setaffinity(thread, sizeof wanted, &wanted);
    }
  }
}

}  // namespace shmbus::bench
