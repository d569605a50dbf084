// Takes the figures that the project promises and prints them as one table. tests/bench/run starts it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "protocol/client/client.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/bench/echo_process.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/process_usage.hpp"
#include "tests/bench/require.hpp"
#include "tests/bench/table.hpp"

namespace {

using namespace shmbus;
using namespace shmbus::bench;

struct Options {
  std::string commands;
  std::string echo;
  pid_t agent_pid = 0;
  bool quick = false;
};

// How much is done for each figure.
struct Sizes {
  int repetitions = 7;
  int blocks = 20;        // per repetition; agent and echo take turns by the block
  int round_trips = 100;  // in a block
  int pipelined = 5000;   // in a block
  std::size_t idle_segments = 1000;
  std::size_t listed_segments = 4000;
  std::uint64_t page = 1000;
  std::chrono::milliseconds settle{1000};
  std::chrono::milliseconds idle{5000};
};

constexpr Sizes kQuick{1, 2, 50, 200, 20, 50, 20, std::chrono::milliseconds(0), std::chrono::milliseconds(200)};
constexpr int kInFlight = 100;
constexpr Key kKey = 5679;

// The same figure of both in one repetition each, and the medians.
struct Comparison {
  std::vector<double> agent;
  std::vector<double> echo;

  [[nodiscard]] double ratio() const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < agent.size(); ++i) {
      ratios.push_back(agent[i] / echo[i]);
    }
    return median(ratios);
  }
};

void create_up_to(Client& client, std::size_t& segments, std::size_t wanted) {
  for (; segments < wanted; ++segments) {
    require(client, CreateRequest{kPrivateKey, 4096, Mode{0600}, false});
  }
}

Comparison compare_round_trips(RoundTrips& agent, RoundTrips& echo, const std::string& request, const Sizes& sizes) {
  Comparison comparison;
  std::vector<double> warm_up;
  agent.measure(request, sizes.round_trips, warm_up);
  echo.measure(request, sizes.round_trips, warm_up);
  for (int repetition = 0; repetition < sizes.repetitions; ++repetition) {
    std::vector<double> agent_times;
    std::vector<double> echo_times;
    for (int block = 0; block < sizes.blocks; ++block) {
      agent.measure(request, sizes.round_trips, agent_times);
      echo.measure(request, sizes.round_trips, echo_times);
    }
    comparison.agent.push_back(median(agent_times));
    comparison.echo.push_back(median(echo_times));
  }
  return comparison;
}

// Rates, per second.
Comparison compare_pipelines(Pipeline& agent, Pipeline& echo, const std::string& request, const Sizes& sizes) {
  Comparison comparison;
  agent.measure(request, sizes.pipelined, kInFlight);
  echo.measure(request, sizes.pipelined, kInFlight);
  for (int repetition = 0; repetition < sizes.repetitions; ++repetition) {
    Seconds agent_time{0};
    Seconds echo_time{0};
    for (int block = 0; block < sizes.blocks; ++block) {
      agent_time += agent.measure(request, sizes.pipelined, kInFlight);
      echo_time += echo.measure(request, sizes.pipelined, kInFlight);
    }
    const double requests = static_cast<double>(sizes.blocks) * sizes.pipelined;
    comparison.agent.push_back(requests / agent_time.count());
    comparison.echo.push_back(requests / echo_time.count());
  }
  return comparison;
}

double idle_cpu_percent(pid_t pid, const Sizes& sizes) {
  std::this_thread::sleep_for(sizes.settle);
  const auto start = std::chrono::steady_clock::now();
  const Seconds before = cpu_time(pid);
  std::this_thread::sleep_for(sizes.idle);
  const Seconds used = cpu_time(pid) - before;
  return 100 * used / Seconds(std::chrono::steady_clock::now() - start);
}

double list_ms(RoundTrips& agent, const Sizes& sizes) {
  std::vector<double> times;
  for (int repetition = 0; repetition < sizes.repetitions; ++repetition) {
    const Listing listing = list_all(agent, sizes.page);
    if (listing.segments != sizes.listed_segments) {
      throw std::runtime_error("list gave " + std::to_string(listing.segments) + " segments instead of " +
                               std::to_string(sizes.listed_segments));
    }
    times.push_back(1000 * listing.time.count());
  }
  return median(times);
}

bool run(const Options& options, const Sizes& sizes) {
  const EchoProcess echo(options.echo);
  Result<Client> opened = Client::open({Endpoint{options.commands}, std::chrono::seconds(10)});
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  Client& client = *opened;
  require(client, PingRequest{});
  const double resident = resident_mib(options.agent_pid);

  std::size_t segments = 1;
  require(client, CreateRequest{kKey, 1024, Mode{0600}, true});
  const StatRequest stat{{kKey, {}}};
  require(client, stat);
  const std::string request = encode_request({RequestId(std::uint64_t{1}), {}, {}, stat});

  zmq::context_t context;
  RoundTrips agent_trips(context, options.commands);
  RoundTrips echo_trips(context, echo.endpoint());
  Pipeline agent_pipeline(context, options.commands);
  Pipeline echo_pipeline(context, echo.endpoint());

  Table table;
  const Comparison trips = compare_round_trips(agent_trips, echo_trips, request, sizes);
  table.row("1 stat, round trip p50 / echo's", shown(median(trips.agent), 1, " us"),
            shown(median(trips.echo), 1, " us"), shown(trips.ratio(), 2, ""), "<= 1.25", trips.ratio() <= 1.25);
  const Comparison rates = compare_pipelines(agent_pipeline, echo_pipeline, request, sizes);
  table.row("2 stat, 100 in flight, rate / echo's", shown(median(rates.agent), 0, "/s"),
            shown(median(rates.echo), 0, "/s"), shown(rates.ratio(), 2, ""), ">= 0.5", rates.ratio() >= 0.5);
  table.row("3 resident memory, idle", "", "", shown(resident, 1, " MiB"), "<= 12 MiB", resident <= 12);
  create_up_to(client, segments, sizes.idle_segments);
  const double cpu = idle_cpu_percent(options.agent_pid, sizes);
  table.row("4 idle CPU, 1000 segments, default scan", "", "", shown(cpu, 2, " %"), "<= 1 %", cpu <= 1);
  create_up_to(client, segments, sizes.listed_segments);
  const double list = list_ms(agent_trips, sizes);
  table.row("5 list of 4000 segments, pages of 1000", "", "", shown(list, 1, " ms"), "<= 25 ms", list <= 25);
  return table.all_met();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    CLI::App app{"Takes the figures of a running shmbus-agent in an IPC namespace without other segments."};
    app.add_option("--commands", options.commands, "The agent's endpoint for requests")->required();
    app.add_option("--echo", options.echo, "Endpoint for the echo that this program starts")->required();
    app.add_option("--agent-pid", options.agent_pid, "The agent's process")->required();
    app.add_flag("--quick", options.quick, "Little of everything, to see that it works; no figure means anything");
    CLI11_PARSE(app, argc, argv);
    const bool met = run(options, options.quick ? kQuick : Sizes{});
    return met || options.quick ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shmbus-bench: %s\n", error.what());
    return 2;
  }
}
