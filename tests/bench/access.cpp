// Measures the cost of serving others: other users, policy, CURVE, and many useless connections. tests/bench/run starts
// it.
#include <sys/ipc.h>
#include <sys/shm.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "agent/kernel/credentials.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/bench/crowd.hpp"
#include "tests/bench/echo_process.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/process_usage.hpp"
#include "tests/bench/require.hpp"
#include "tests/bench/table.hpp"
#include "tests/bench/timed_client.hpp"

namespace {

using namespace shmbus;
using namespace shmbus::bench;

struct Options {
  std::string plain;
  std::string exposed;
  std::string ruled;
  std::string curve;
  std::string echo;
  std::string keys;
  pid_t exposed_pid = 0;
  pid_t curve_pid = 0;
  bool quick = false;
};

// How much is done for each figure.
struct Sizes {
  int repetitions = 7;
  int blocks = 40;        // per repetition; all sides take turns by the block
  int round_trips = 100;  // in a block
  int switches = 10'000;  // there and back, per repetition
  std::size_t crowd = 500;
  int visits = 5;  // of the crowd
  std::chrono::milliseconds quiet{2000};
  std::chrono::milliseconds crowded{4000};  // longer than the agent waits for a handshake
};

constexpr Sizes kQuick{1, 2, 50, 20, 20, 1, std::chrono::milliseconds(100), std::chrono::milliseconds(200)};
constexpr Key kKey = 5679;
constexpr uid_t kCaller = 23456;  // unused uids
constexpr uid_t kStranger = 23457;

// For each repetition one median, in microseconds.
using Medians = std::vector<double>;

std::vector<Medians> take_turns(const std::vector<TimedClient*>& sides, const Sizes& sizes) {
  std::vector<Medians> medians(sides.size());
  for (TimedClient* side : sides) {
    side->measure(sizes.round_trips);
    static_cast<void>(side->take(0.5));
  }
  for (int repetition = 0; repetition < sizes.repetitions; ++repetition) {
    for (int block = 0; block < sizes.blocks; ++block) {
      for (TimedClient* side : sides) {
        side->measure(sizes.round_trips);
      }
    }
    for (std::size_t i = 0; i < sides.size(); ++i) {
      medians[i].push_back(sides[i]->take(0.5));
    }
  }
  return medians;
}

double ratio(const Medians& one, const Medians& other) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < one.size(); ++i) {
    ratios.push_back(one[i] / other[i]);
  }
  return median(ratios);
}

double difference(const Medians& one, const Medians& other) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < one.size(); ++i) {
    differences.push_back(one[i] - other[i]);
  }
  return median(differences);
}

void show_ratio(Table& table, const std::string& figure, const Medians& agent, const Medians& bare, double most) {
  const double value = ratio(agent, bare);
  table.row(figure, shown(median(agent), 1, " us"), shown(median(bare), 1, " us"), shown(value, 2, ""),
            "<= " + shown(most, 2, ""), value <= most);
}

void show_part(Table& table, const std::string& figure, const Medians& with, const Medians& without) {
  table.part("  " + figure, shown(median(with), 1, " us"), shown(median(without), 1, " us"),
             shown(difference(with, without), 1, " us"));
}

// Microseconds there and back, as the agent does it for each call.
double switch_time(const agent::Identity& identity, const Sizes& sizes) {
  agent::CredentialCalls calls;
  agent::Credentials credentials(calls);
  std::vector<double> times;
  for (int repetition = 0; repetition < sizes.repetitions; ++repetition) {
    const std::uint64_t start = now_ns();
    for (int i = 0; i < sizes.switches; ++i) {
      if (!credentials.run_as(identity, [] { return 0; })) {
        throw std::runtime_error("this process can't act as another user");
      }
    }
    times.push_back(static_cast<double>(now_ns() - start) / 1000 / sizes.switches);
  }
  return median(times);
}

void show_switches(Table& table, const Sizes& sizes) {
  agent::CredentialCalls calls;
  agent::Identity identity = agent::Credentials(calls).own();
  identity.uid = kCaller;
  identity.capabilities = 0;
  table.part("  switch there and back, uid alone, taken directly", "", "",
             shown(switch_time(identity, sizes), 1, " us"));
  identity.gid = kCaller;
  identity.groups = {kCaller, kCaller + 1};
  table.part("  the same of uid, gid and groups", "", "", shown(switch_time(identity, sizes), 1, " us"));
}

double p99(TimedClient& client, std::chrono::milliseconds time, const Sizes& sizes) {
  const auto end = std::chrono::steady_clock::now() + time;
  do {
    client.measure(sizes.round_trips);
  } while (std::chrono::steady_clock::now() < end);
  return client.take(0.99);
}

void show_crowd(Table& table, const std::string& where, TimedClient& client, Crowd& crowd, pid_t agent,
                const Sizes& sizes) {
  Medians quiet;
  Medians crowded;
  double resident = 0;
  for (int visit = 0; visit < sizes.visits; ++visit) {
    quiet.push_back(p99(client, sizes.quiet, sizes));
    crowd.come();
    crowded.push_back(p99(client, sizes.crowded, sizes));
    resident = std::max(resident, resident_mib(agent));
    crowd.leave();
    std::this_thread::sleep_for(sizes.quiet / 10);
  }
  const std::string who = std::to_string(sizes.crowd) + " useless connections, " + where;
  show_ratio(table, who + ", p99 / quiet", crowded, quiet, 3);
  table.row(who + ", resident memory", "", "", shown(resident, 1, " MiB"), "<= 64 MiB", resident <= 64);
  const double seconds = Seconds(sizes.crowded).count() * sizes.visits;
  table.part("  closed by the agent and made again", "", "",
             shown(static_cast<double>(crowd.closed()) / seconds, 0, "/s"));
}

bool run(const Options& options, const Sizes& sizes) {
  if (shmget(static_cast<key_t>(kKey), 1024, IPC_CREAT | 0644) < 0) {
    throw std::system_error(errno, std::generic_category(), "shmget");
  }
  const std::string request = encode_request({RequestId(std::uint64_t{1}), {}, {}, StatRequest{{kKey, {}}}});
  const std::string server_key = require(read_curve_server(options.keys + "/agent.key"));
  const auto keys_of = [&](const char* name) {
    return CurveClient{server_key, require(read_curve_pair(options.keys + "/" + name + ".secret"))};
  };
  const EchoProcess echo(options.echo, require(read_curve_pair(options.keys + "/agent.secret")));
  TimedClient plain({options.plain, request, {}, {}});
  TimedClient exposed({options.exposed, request, {}, {}});
  TimedClient other({options.exposed, request, kCaller, {}});
  TimedClient ruled({options.ruled, request, kCaller, {}});
  TimedClient bare({options.echo, request, {}, keys_of("trusted"), true});
  TimedClient trusted({options.curve, request, {}, keys_of("trusted")});
  TimedClient mapped({options.curve, request, {}, keys_of("mapped")});
  Crowd local_crowd(options.exposed, kStranger, sizes.crowd);
  Crowd remote_crowd(options.curve, kStranger, sizes.crowd);

  Table table;
  const std::vector<Medians> local = take_turns({&plain, &exposed, &other, &ruled}, sizes);
  show_ratio(table, "stat by another user, policy, p50 / private's", local[3], local[0], 1.5);
  show_part(table, "exposed / private, same user", local[1], local[0]);
  show_part(table, "exposed, another user / same user", local[2], local[1]);
  show_part(table, "policy / none, another user", local[3], local[2]);
  show_switches(table, sizes);
  const std::vector<Medians> remote = take_turns({&bare, &trusted, &mapped}, sizes);
  show_ratio(table, "stat with CURVE, as the agent, p50 / echo's", remote[1], remote[0], 1.25);
  show_part(table, "as a user / as the agent", remote[2], remote[1]);
  show_crowd(table, "ipc", other, local_crowd, options.exposed_pid, sizes);
  show_crowd(table, "CURVE", trusted, remote_crowd, options.curve_pid, sizes);
  return table.all_met();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    CLI::App app{"Measures on running shmbus-agents the cost of serving other users."};
    app.add_option("--private", options.plain, "Endpoint of an agent that serves its own user")->required();
    app.add_option("--exposed", options.exposed, "Endpoint of an agent that serves all local users")->required();
    app.add_option("--exposed-pid", options.exposed_pid, "That agent's process")->required();
    app.add_option("--ruled", options.ruled, "Endpoint of one that has a policy, too")->required();
    app.add_option("--curve", options.curve, "Endpoint with CURVE of an agent")->required();
    app.add_option("--curve-pid", options.curve_pid, "That agent's process")->required();
    app.add_option("--keys", options.keys, "Directory with pairs of keys: agent, trusted, mapped")->required();
    app.add_option("--echo", options.echo, "Endpoint for the echo with CURVE that this program starts")->required();
    app.add_flag("--quick", options.quick, "Little of everything, to see that it works; no figure means anything");
    CLI11_PARSE(app, argc, argv);
    const bool met = run(options, options.quick ? kQuick : Sizes{});
    return met || options.quick ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shmbus-bench-access: %s\n", error.what());
    return 2;
  }
}
