#include <unistd.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "protocol/codec/requests.hpp"
#include "tests/bench/contest/rows.hpp"
#include "tests/bench/process_usage.hpp"

namespace shmbus::bench {
namespace {

constexpr int kInFlight = 100;
constexpr int kMostLooks = 50;
constexpr int kLookedAt = 100'000;  // segments in all for a sample
constexpr int kBatch = 100;

// One side of a row: `work` makes `process` do something `count` times, and its CPU time is measured.
struct Worker {
  Side side;
  pid_t process;
  std::function<void()> work;
};

void take_costs(Results& results, const Effort& effort, const std::string& row, const std::vector<Worker>& workers,
                double count) {
  for (int repetition = 0; repetition < effort.repetitions; ++repetition) {
    for (const Worker& worker : workers) {
      if (!effort.has_turns(worker.side)) {
        continue;
      }
      const Seconds before = cpu_time(worker.process);
      worker.work();
      results.add({"CPU time, " + row, "us"}, worker.side, 1e6 * (cpu_time(worker.process) - before).count() / count);
    }
  }
}

}  // namespace

void measure_costs(Field& field, Results& results, const Effort& effort) {
  place(field.all(), Placement::kOneCpu);
  const int count = effort.pipelined * effort.turns;
  struct Clients {
    RoundTrips trips;
    Pipeline pipeline;
  };
  auto agents = for_each_build(field.builds, [&](Build& build) {
    return Clients{RoundTrips(field.context, build.commands()), Pipeline(field.context, build.commands())};
  });
  RoundTrips echo(field.context, field.echo.endpoint());
  const auto one_by_one = [&](RoundTrips& trips, const std::string& request, int times) {
    return [&trips, &request, times] {
      for (int i = 0; i < times; ++i) {
        trips.ask(request);
      }
    };
  };
  const int few = count / 10;
  for (const auto& [name, requests] : {std::pair{"ping", &field.ping}, {"stat", &field.stat}}) {
    std::vector<Worker> workers{{Side::kEcho, field.echo.pid(), one_by_one(echo, requests->front(), few)}};
    for (auto& [build, agent] : agents) {
      workers.push_back({build->side(), build->pid(), one_by_one(agent.trips, requests->front(), few)});
    }
    std::unique_ptr<StreamClient> flask;
    if (field.flask && requests == &field.stat) {
      flask = std::make_unique<StreamClient>(field.flask_port);
      workers.push_back({Side::kFlask, field.flask->pid(), [&flask, few] {
                           for (int i = 0; i < few; ++i) {
                             flask->ask(http_request("GET", "/shm/" + std::to_string(kKey), {}));
                           }
                         }});
    }
    take_costs(results, effort, std::string(name) + ", one at a time", workers, few);
  }

  Pipeline echo_pipeline(field.context, field.echo.endpoint());
  Pipeline stat_pipeline(field.context, field.bare_stat.endpoint());
  Pipeline piece_pipeline(field.context, field.pieces.endpoint());
  const auto pipelined = [](Pipeline& pipeline, const std::string& request, int times, int in_flight) {
    return [&pipeline, request, times, in_flight] { pipeline.measure(request, times, in_flight); };
  };
  const int pieces = 64;
  const std::string& stat = field.stat.front();
  const std::string batch = encode_request({RequestId(std::uint64_t{1}), {}, {}, batch_of_stats(kBatch)});
  const std::string bare_piece = piece_request({field.shmid, 0, kSegmentBytes});
  std::vector<Worker> stats{{Side::kEcho, field.bare_stat.pid(), pipelined(stat_pipeline, stat, count, kInFlight)}};
  std::vector<Worker> batches;
  std::vector<Worker> writes;
  std::vector<Worker> reads{{Side::kEcho, field.pieces.pid(), pipelined(piece_pipeline, bare_piece, pieces, 4)}};
  std::deque<Attached> attached;
  for (auto& [build, agent] : agents) {
    attached.emplace_back(*build);
    const auto add = [&, build = build, &agent = agent](std::vector<Worker>& workers, const std::string& request,
                                                        int times, int in_flight) {
      workers.push_back({build->side(), build->pid(), pipelined(agent.pipeline, request, times, in_flight)});
    };
    add(stats, stat, count, kInFlight);
    add(batches, batch, count / kBatch, 1);
    add(writes, attached.back().small_write(), count, kInFlight);
    add(reads, attached.back().read(kSegmentBytes), pieces, 4);
  }
  writes.push_back(
      {Side::kEcho, field.echo.pid(), pipelined(echo_pipeline, attached.front().small_write(), count, kInFlight)});
  take_costs(results, effort, "stat, 100 in flight (bare: with shmctl)", stats, count);
  take_costs(results, effort, "stat, in batches of 100", batches, count);
  take_costs(results, effort, "write 64 B into an attachment, 100 in flight", writes, count);
  take_costs(results, effort, "read 1 MiB of an attachment, 4 in flight", reads, pieces);
  place(field.all(), Placement::kAnywhere);
}

void measure_look_costs(Field& field, Results& results, const Effort& effort, int segments) {
  place(field.all(), Placement::kOneCpu);
  have_segments(segments);
  // An agent that makes no looks but those asked for.
  struct Looker {
    Looker(zmq::context_t& context, const Build& build, const std::string& directory)
        : agent(
              {build.bin() + "/shmbus-agent", "--log-level", "warning", "--detection", "scan", "--scan-interval", "0"},
              {"SHMBUS_RUNTIME_DIR=" + directory}),
          trips(context, "ipc://" + directory + "/commands.sock") {
      trips.ask(look_request());  // until it is there, and knows all
    }

    ServerProcess agent;
    RoundTrips trips;
  };
  std::deque<Looker> lookers;
  const std::string look = look_request();
  const int looks = std::clamp(kLookedAt / segments, 1, kMostLooks);
  const auto repeated = [looks](const std::function<void()>& function) {
    return [function, looks] {
      for (int i = 0; i < looks; ++i) {
        function();
      }
    };
  };
  std::vector<Worker> workers{{Side::kDirect, getpid(), repeated([] { look_at_all(); })}};
  for (const Build& build : field.builds) {
    Looker& looker = lookers.emplace_back(field.context, build, build.directory() + "-look" + std::to_string(segments));
    workers.push_back({build.side(), looker.agent.pid(), repeated([&looker, look] { looker.trips.ask(look); })});
  }
  take_costs(results, effort, "look at " + std::to_string(segments) + " segments", workers, looks);
  place(field.all(), Placement::kAnywhere);
}

}  // namespace shmbus::bench
