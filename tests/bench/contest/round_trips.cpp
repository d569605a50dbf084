#include <sys/shm.h>

#include <array>
#include <cstring>
#include <deque>
#include <map>

#include "protocol/codec/requests.hpp"
#include "tests/bench/contest/mapped.hpp"
#include "tests/bench/contest/rows.hpp"
#include "tests/bench/contest/turns.hpp"

namespace shmbus::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Key kPassingKey = 5680;
constexpr int kTripsOfUser = 100;  // in a turn

// Sends one request and returns when the answer is there.
struct Asking {
  Side side;
  std::function<void()> ask;
};

std::function<void()> asking(RoundTrips& trips, const Requests& requests) {
  return [&trips, &requests, next = std::size_t{0}]() mutable {
    trips.ask(requests[next]);
    next = (next + 1) % requests.size();
  };
}

std::function<void()> asking(StreamClient& client, Requests requests) {
  return [&client, requests = std::move(requests), next = std::size_t{0}]() mutable {
    client.ask(requests[next]);
    next = (next + 1) % requests.size();
  };
}

void take_turns(Results& results, const Effort& effort, const RowName& row, std::vector<Asking> sides) {
  std::erase_if(sides, [&](const Asking& asking) { return !effort.has_turns(asking.side); });
  for (int repetition = 0; repetition < effort.repetitions; ++repetition) {
    std::map<Side, std::vector<double>> times;
    for (int turn = 0; turn < effort.turns; ++turn) {
      have_turns(sides, [&](const Asking& side) {
        const Clock::time_point end = Clock::now() + std::chrono::milliseconds(effort.turn_ms);
        for (Clock::time_point start = Clock::now(); start < end;) {
          side.ask();
          const Clock::time_point now = Clock::now();
          times[side.side].push_back(std::chrono::duration<double, std::micro>(now - start).count());
          start = now;
        }
      });
    }
    for (const auto& [side, taken] : times) {
      results.add({row.name + ", p50", "us", row.plot, row.x}, side, percentile(taken, 0.5));
      results.add({row.name + ", p99", "us"}, side, percentile(taken, 0.99));
    }
  }
}

std::string web(const std::string& method, const std::string& rest, const std::string& json = {}) {
  return http_request(method, "/shm/" + std::to_string(kKey) + rest, json);
}

// One client of the agents of a build.
struct BuildClient {
  BuildClient(zmq::context_t& context, Build& used)
      : build(used), ipc(context, build.commands()), tcp(context, build.tcp()), attached(build) {}

  Build& build;
  RoundTrips ipc, tcp;
  Attached attached;
  Requests write_attached{attached.small_write()};
};

using BuildClients = std::deque<BuildClient>;

// What the others are asked for the same purpose.
struct Rivals {
  explicit Rivals(const Field& field) : redis(field.redis_path), flask(field.flask_port) {
    Requests hash{"HSET", "stat"};
    for (int i = 0; i < 14; ++i) {  // as many fields as a stat has
      hash.push_back("field" + std::to_string(i));
      hash.push_back(std::to_string(1000 + i));
    }
    redis.ask(redis_command({hash.begin(), hash.end()}));
    redis.ask(redis_command({"SET", "data", data}));
  }

  const std::string data = std::string(kSmallBytes, 'x');
  StreamClient redis;
  StreamClient flask;
};

void direct_set(int shmid, std::uint16_t mode) {
  shmid_ds state{};
  shmctl(shmid, IPC_STAT, &state);
  state.shm_perm.mode = mode;
  shmctl(shmid, IPC_SET, &state);
}

void measure_by_size(Field& field, Results& results, const Effort& effort, BuildClients& agents, StreamClient* redis) {
  RoundTrips bare(field.context, field.pieces.endpoint());
  RoundTrips least(field.context, field.least.endpoint());
  const Mapped mapped(field.shmid);
  std::string place(kSegmentBytes, '\0');
  for (const auto& [bytes, name] : {std::pair{std::size_t{64}, "64 B"},
                                    {std::size_t{4096}, "4 KiB"},
                                    {std::size_t{65536}, "64 KiB"},
                                    {kSegmentBytes, "1 MiB"}}) {
    const Requests request{agents.front().attached.read(bytes)};
    const Requests piece{piece_request({field.shmid, 0, bytes})};
    const std::size_t count = bytes;
    std::vector<Asking> sides{{Side::kDirect, [&] { std::memcpy(place.data(), mapped.place(), count); }},
                              {Side::kEcho, asking(bare, piece)},
                              {Side::kLeast, asking(least, request)}};
    std::deque<Requests> reads;
    for (BuildClient& agent : agents) {
      sides.push_back({agent.build.side(), asking(agent.ipc, reads.emplace_back(1, agent.attached.read(bytes)))});
    }
    if (redis != nullptr) {
      const std::string name_of_value = "value" + std::to_string(bytes);
      redis->ask(redis_command({"SET", name_of_value, place.substr(0, bytes)}));
      sides.push_back({Side::kRedis, asking(*redis, {redis_command({"GET", name_of_value})})});
    }
    take_turns(results, effort,
               {std::string("read ") + name + " of an attachment", "us", "size", static_cast<double>(bytes)}, sides);
  }
}

// What opens and what closes again, one after the other.
void measure_pair(Results& results, const Effort& effort, const std::string& row, const std::function<void()>& direct,
                  const Operation& first, const Operation& second, BuildClients& agents, RoundTrips& echo,
                  Rivals* rivals, const Requests& web_requests) {
  const Requests pair{encode_request({RequestId(std::uint64_t{1}), {}, {}, first}),
                      encode_request({RequestId(std::uint64_t{2}), {}, {}, second})};
  const auto both = [](auto& client, const Requests& requests) {
    return [&client, &requests] {
      client.ask(requests[0]);
      client.ask(requests[1]);
    };
  };
  std::vector<Asking> sides{{Side::kDirect, direct}, {Side::kEcho, both(echo, pair)}};
  for (BuildClient& agent : agents) {
    sides.push_back({agent.build.side(), both(agent.ipc, pair)});
  }
  if (rivals != nullptr) {
    sides.push_back({Side::kFlask, both(rivals->flask, web_requests)});
  }
  take_turns(results, effort, {row, "us"}, sides);
}

void measure_pairs(Field& field, Results& results, const Effort& effort, BuildClients& agents, RoundTrips& echo,
                   Rivals* rivals) {
  AttachRequest attach;
  attach.segment.shm_key = kKey;
  DetachRequest detach;
  detach.segment.shm_key = kKey;
  measure_pair(results, effort, "attach and detach, ipc", [&] { const Mapped mapped(field.shmid); }, attach, detach,
               agents, echo, rivals, {web("POST", "/attach"), web("POST", "/detach")});
  RemoveRequest remove;
  remove.segment.shm_key = kPassingKey;
  const std::string key = std::to_string(kPassingKey);
  measure_pair(
      results, effort, "create and remove, ipc",
      [] { shmctl(shmget(static_cast<key_t>(kPassingKey), 1024, IPC_CREAT | IPC_EXCL | 0600), IPC_RMID, nullptr); },
      CreateRequest{kPassingKey, 1024, Mode{0600}, true}, remove, agents, echo, rivals,
      {http_request("POST", "/shm", R"({"shm_key": )" + key + R"(, "shm_segsz": 1024, "mode": 600})"),
       http_request("DELETE", "/shm/" + key, {})});
}

void measure_other_user(Field& field, Results& results, const Effort& effort) {
  if (!others_exist()) {
    return;
  }
  std::vector<std::pair<Side, TimedClient*>> sides{{Side::kEcho, field.echo_user.get()},
                                                   {Side::kLeast, field.least_user.get()}};
  for (const Build& build : field.builds) {
    sides.emplace_back(build.side(), build.other_user());
  }
  std::erase_if(sides, [&](const auto& side) { return !effort.has_turns(side.first); });
  for (int repetition = 0; repetition < effort.repetitions; ++repetition) {
    for (int turn = 0; turn < effort.turns; ++turn) {
      have_turns(sides, [](const auto& side) { side.second->measure(kTripsOfUser); });
    }
    for (const auto& [side, user] : sides) {
      results.add({"stat, ipc, by another user, p50", "us"}, side, user->take(0.5));
    }
  }
}

}  // namespace

void measure_round_trips(Field& field, Results& results, const Effort& effort) {
  place(field.all(), Placement::kOneCpu);
  RoundTrips echo(field.context, field.echo.endpoint());
  RoundTrips least(field.context, field.least.endpoint());
  RoundTrips echo_tcp(field.context, field.echo_tcp.endpoint());
  const std::unique_ptr<Rivals> rivals = field.redis ? std::make_unique<Rivals>(field) : nullptr;
  BuildClients agents;
  for (Build& build : field.builds) {
    agents.emplace_back(field.context, build);
  }
  const Requests& write_attached = agents.front().write_attached;
  std::array<char, kSmallBytes> place_for_data{};
  const Mapped mapped(field.shmid);

  struct Row {
    const char* name;
    const Requests& requests;
    Operation operation;
    std::function<void()> direct;
    std::vector<Requests> rivals;  // Redis', Flask's
  };
  const int shmid = field.shmid;
  const std::vector<Row> rows{
      {"ping", field.ping, PingRequest{}, {}, {{redis_command({"PING"})}, {}}},
      {"stat",
       field.stat,
       StatRequest{},
       [shmid] {
         shmid_ds state{};
         shmctl(shmid, IPC_STAT, &state);
       },
       {{redis_command({"HGETALL", "stat"})}, {web("GET", "")}}},
      {"set",
       field.set,
       SetRequest{},
       [shmid, next = false]() mutable {
         next = !next;
         direct_set(shmid, next ? 0664 : 0666);
       },
       {{redis_command({"HSET", "stat", "field7", "664"}), redis_command({"HSET", "stat", "field7", "666"})},
        {web("PUT", "", R"({"mode": 664})"), web("PUT", "", R"({"mode": 666})")}}},
      {"read 64 B",
       field.read,
       ReadRequest{},
       [&place_for_data, shmid] {
         const Mapped once(shmid);
         std::memcpy(place_for_data.data(), once.place(), kSmallBytes);
       },
       {{redis_command({"GET", "data"})}, {web("GET", "/data?length=64")}}},
      {"write 64 B",
       field.write,
       WriteRequest{},
       [&place_for_data, shmid] {
         const Mapped once(shmid);
         std::memcpy(once.place(), place_for_data.data(), kSmallBytes);
       },
       {{redis_command({"SET", "data", std::string(kSmallBytes, 'x')})},
        {web("PUT", "/data", R"({"data": ")" + std::string(kSmallBytes, 'x') + R"("})")}}},
      {"write 64 B into an attachment",
       write_attached,
       WriteRequest{},
       [&place_for_data, &mapped] { std::memcpy(mapped.place(), place_for_data.data(), kSmallBytes); },
       {}}};
  for (const Row& row : rows) {
    const bool is_attached = &row.requests == &write_attached;  // each build has its own
    std::vector<Asking> sides{{Side::kEcho, asking(echo, row.requests)}};
    for (BuildClient& agent : agents) {
      const Requests& requests = is_attached ? agent.write_attached : row.requests;
      field.check(agent.build.commands(), requests, row.operation);
      sides.push_back({agent.build.side(), asking(agent.ipc, requests)});
    }
    if (&row.requests != &field.set) {
      field.check(field.least.endpoint(), row.requests, row.operation);
      sides.push_back({Side::kLeast, asking(least, row.requests)});
    }
    if (rivals && !row.rivals.empty()) {
      sides.push_back({Side::kRedis, asking(rivals->redis, row.rivals[0])});
      if (!row.rivals[1].empty()) {
        sides.push_back({Side::kFlask, asking(rivals->flask, row.rivals[1])});
      }
    }
    take_turns(results, effort, {std::string(row.name) + ", ipc", "us"}, sides);
    if (row.direct) {
      take_turns(results, effort, {std::string(row.name) + ", ipc", "us"}, {{Side::kDirect, row.direct}});
    }
    if (!is_attached) {  // an attachment is another principal's on tcp
      std::vector<Asking> on_tcp{{Side::kEcho, asking(echo_tcp, row.requests)}};
      for (BuildClient& agent : agents) {
        field.check(agent.build.tcp(), row.requests, row.operation);
        on_tcp.push_back({agent.build.side(), asking(agent.tcp, row.requests)});
      }
      take_turns(results, effort, {std::string(row.name) + ", tcp", "us"}, on_tcp);
    }
  }
  measure_by_size(field, results, effort, agents, rivals ? &rivals->redis : nullptr);
  measure_pairs(field, results, effort, agents, echo, rivals.get());
  measure_other_user(field, results, effort);
  place(field.all(), Placement::kAnywhere);
}

}  // namespace shmbus::bench
