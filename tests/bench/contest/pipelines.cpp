#include <deque>
#include <memory>

#include "protocol/codec/requests.hpp"
#include "tests/bench/contest/rows.hpp"
#include "tests/bench/contest/turns.hpp"

namespace shmbus::bench {
namespace {

constexpr int kLeaseMs = 3'600'000;  // longer than any row takes, however busy the machine
constexpr int kBatchesInFlight = 2;  // so that the agent has the next when it has answered one

// Commands to Redis, so many at a time.
std::function<Seconds(int)> redis_pipeline(StreamClient& redis, const std::string& command, int in_flight) {
  std::string commands;
  for (int i = 0; i < in_flight; ++i) {
    commands += command;
  }
  return [&redis, commands, in_flight](int count) {
    return timed([&] {
      for (int done = 0; done < count; done += in_flight) {
        redis.send(commands);
        for (int i = 0; i < in_flight; ++i) {
          redis.receive();
        }
      }
    });
  };
}

std::function<Seconds(int)> pipelined(Pipeline& pipeline, std::string request, int in_flight) {
  return [&pipeline, request = std::move(request), in_flight](int count) {
    return pipeline.measure(request, count, in_flight);
  };
}

}  // namespace

BatchRequest batch_of_stats(int count) {
  BatchRequest batch;
  batch.requests.assign(static_cast<std::size_t>(count),
                        BatchItem{{}, Request{{}, {}, {}, StatRequest{{kKey, {}}}}, {}});
  return batch;
}

Attached::Attached(Build& build, const SegmentRef& segment) : build_(build) {
  AttachRequest attach;
  attach.segment = segment;
  attach.lease_ms = kLeaseMs;
  attachment_ = require(build_.client(), attach).attachment;
}

Attached::~Attached() {
  DetachRequest detach;
  detach.attachment = attachment_;
  static_cast<void>(build_.client().call(detach));  // else its lease ends
}

std::string Attached::small_write() const {
  const std::string data(kSmallBytes, 'x');
  WriteRequest write;
  write.attachment = attachment_;
  write.data = data;
  return encode_request({RequestId(std::uint64_t{1}), {}, {}, write});
}

std::string Attached::read(std::size_t bytes) const {
  ReadRequest read;
  read.attachment = attachment_;
  read.length = bytes;
  return encode_request({RequestId(std::uint64_t{1}), {}, {}, read});
}

void take_rates(Results& results, const Effort& effort, const std::vector<Runner>& runners, int count, double scale) {
  for (int repetition = 0; repetition < effort.repetitions; ++repetition) {
    struct Share {
      const Runner& runner;
      Seconds time{0};
    };
    std::vector<Share> shares;
    for (const Runner& runner : runners) {
      if (effort.has_turns(runner.side)) {
        shares.push_back({runner});
      }
    }
    for (int turn = 0; turn < effort.turns; ++turn) {
      have_turns(shares, [count](Share& share) { share.time += share.runner.run(count); });
    }
    for (const auto& [runner, time] : shares) {
      results.add(runner.row, runner.side, scale * effort.turns * count / time.count());
    }
  }
}

void measure_pipelines(Field& field, Results& results, const Effort& effort) {
  auto agents = for_each_build(field.builds, [&](Build& build) { return Pipeline(field.context, build.commands()); });
  Pipeline echo(field.context, field.echo.endpoint());
  Pipeline least(field.context, field.least.endpoint());
  Pipeline bare_stat(field.context, field.bare_stat.endpoint());
  const std::unique_ptr<StreamClient> redis = field.redis ? std::make_unique<StreamClient>(field.redis_path) : nullptr;
  place(field.all(), Placement::kServersApart);
  for (const auto& [name, requests] : {std::pair{"ping", &field.ping}, {"stat", &field.stat}}) {
    for (const int in_flight : {1, 10, 100, 400}) {
      const RowName row{std::string(name) + ", " + std::to_string(in_flight) + " in flight", "/s"};
      std::vector<Runner> runners{{row, Side::kEcho, pipelined(echo, requests->front(), in_flight)},
                                  {row, Side::kLeast, pipelined(least, requests->front(), in_flight)}};
      for (auto& [build, agent] : agents) {
        runners.push_back({row, build->side(), pipelined(agent, requests->front(), in_flight)});
      }
      if (requests == &field.stat) {
        runners.push_back({{row.name + ", REP with shmctl alone", "/s"},
                           Side::kEcho,
                           pipelined(bare_stat, requests->front(), in_flight)});
      }
      if (redis) {
        const std::string command =
            requests == &field.ping ? redis_command({"PING"}) : redis_command({"HGETALL", "stat"});
        runners.push_back({row, Side::kRedis, redis_pipeline(*redis, command, in_flight)});
      }
      const int count = in_flight == 1 ? effort.pipelined / 10 : effort.pipelined / in_flight * in_flight;
      take_rates(results, effort, runners, count);
    }
  }

  for (const int size : {10, 100}) {
    const BatchRequest stats = batch_of_stats(size);
    const std::string batch = encode_request({RequestId(std::uint64_t{1}), {}, {}, stats});
    field.check_agents({batch}, stats);
    const RowName row{"stat, in batches of " + std::to_string(size) + " (Redis: GET)", "/s"};
    std::vector<Runner> runners{{row, Side::kEcho, pipelined(echo, batch, kBatchesInFlight)}};
    for (auto& [build, agent] : agents) {
      runners.push_back({row, build->side(), pipelined(agent, batch, kBatchesInFlight)});
    }
    if (redis) {
      const std::string get = redis_command({"GET", "data"});
      runners.push_back({row, Side::kRedis,
                         [run = redis_pipeline(*redis, get, size), size](int batches) { return run(batches * size); }});
    }
    take_rates(results, effort, runners, effort.pipelined / size, size);
  }

  const RowName row{"write 64 B into an attachment, 100 in flight", "/s"};
  std::deque<Attached> attached;
  std::vector<Runner> runners;
  for (auto& [build, agent] : agents) {
    const std::string write = attached.emplace_back(*build).small_write();
    field.check(build->commands(), {write}, WriteRequest{});
    runners.push_back({row, build->side(), pipelined(agent, write, 100)});
  }
  const std::string write = attached.front().small_write();
  runners.push_back({row, Side::kEcho, pipelined(echo, write, 100)});
  runners.push_back({row, Side::kLeast, pipelined(least, write, 100)});
  if (redis) {
    runners.push_back({row, Side::kRedis,
                       redis_pipeline(*redis, redis_command({"SET", "data", std::string(kSmallBytes, 'x')}), 100)});
  }
  take_rates(results, effort, runners, effort.pipelined / 100 * 100);
  place(field.all(), Placement::kAnywhere);
}

}  // namespace shmbus::bench
