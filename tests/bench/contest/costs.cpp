#include <unistd.h>

#include <algorithm>
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

// One who works for a row: what is done is done `count` times, and costs the process CPU time.
struct Worker {
  Side side;
  pid_t process;
  std::function<void()> work;
};

void take_costs(Results& results, const Effort& effort, const std::string& row, const std::vector<Worker>& workers,
                double count) {
  for (int repetition = 0; repetition < effort.repetitions; ++repetition) {
    for (const Worker& worker : workers) {
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
  RoundTrips agent(field.context, field.commands());
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
    std::vector<Worker> workers{{Side::kEcho, field.echo.pid(), one_by_one(echo, requests->front(), few)},
                                {Side::kShmbus, field.agent.pid(), one_by_one(agent, requests->front(), few)}};
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

  Pipeline agent_pipeline(field.context, field.commands());
  Pipeline echo_pipeline(field.context, field.echo.endpoint());
  Pipeline stat_pipeline(field.context, field.bare_stat.endpoint());
  const auto pipelined = [](Pipeline& pipeline, const std::string& request, int times, int in_flight) {
    return [&pipeline, &request, times, in_flight] { pipeline.measure(request, times, in_flight); };
  };
  const std::string& stat = field.stat.front();
  take_costs(results, effort, "stat, 100 in flight (bare: with shmctl)",
             {{Side::kEcho, field.bare_stat.pid(), pipelined(stat_pipeline, stat, count, kInFlight)},
              {Side::kShmbus, field.agent.pid(), pipelined(agent_pipeline, stat, count, kInFlight)}},
             count);
  const std::string batch = encode_request({RequestId(std::uint64_t{1}), {}, {}, batch_of_stats(kBatch)});
  take_costs(results, effort, "stat, in batches of 100",
             {{Side::kShmbus, field.agent.pid(), pipelined(agent_pipeline, batch, count / kBatch, 1)}}, count);
  const Attached attached(field);
  const std::string write = attached.small_write();
  take_costs(results, effort, "write 64 B into an attachment, 100 in flight",
             {{Side::kEcho, field.echo.pid(), pipelined(echo_pipeline, write, count, kInFlight)},
              {Side::kShmbus, field.agent.pid(), pipelined(agent_pipeline, write, count, kInFlight)}},
             count);

  const std::string piece = attached.read(kSegmentBytes);
  const std::string bare_piece = piece_request({field.shmid, 0, kSegmentBytes});
  Pipeline piece_pipeline(field.context, field.pieces.endpoint());
  const int pieces = 64;
  take_costs(results, effort, "read 1 MiB of an attachment, 4 in flight",
             {{Side::kEcho, field.pieces.pid(), pipelined(piece_pipeline, bare_piece, pieces, 4)},
              {Side::kShmbus, field.agent.pid(), pipelined(agent_pipeline, piece, pieces, 4)}},
             pieces);
  place(field.all(), Placement::kAnywhere);
}

void measure_look_costs(Field& field, Results& results, const Effort& effort, int segments) {
  place(field.all(), Placement::kOneCpu);
  have_segments(segments);
  // One of its own, because those that take part look for themselves too.
  const std::string directory = field.options.directory + "/look" + std::to_string(segments);
  const ServerProcess agent(
      {field.options.bin + "/shmbus-agent", "--log-level", "warning", "--detection", "scan", "--scan-interval", "0"},
      {"SHMBUS_RUNTIME_DIR=" + directory});
  RoundTrips trips(field.context, "ipc://" + directory + "/commands.sock");
  const std::string look = look_request();
  trips.ask(look);
  const int looks = std::clamp(kLookedAt / segments, 1, kMostLooks);
  const auto repeated = [looks](const std::function<void()>& function) {
    return [function, looks] {
      for (int i = 0; i < looks; ++i) {
        function();
      }
    };
  };
  take_costs(results, effort, "look at " + std::to_string(segments) + " segments",
             {{Side::kDirect, getpid(), repeated([] { look_at_all(); })},
              {Side::kShmbus, agent.pid(), repeated([&] { trips.ask(look); })}},
             looks);
  place(field.all(), Placement::kAnywhere);
}

}  // namespace shmbus::bench
