#include <algorithm>
#include <memory>

#include "tests/bench/contest/rows.hpp"

namespace shmbus::bench {
namespace {

constexpr std::size_t kAskingAtOnce = 64;

// Has `count` requests asked by all clients in turn, each of which waits for its answer; at most kAskingAtOnce are.
template <class C>
Seconds ask_in_turn(std::vector<C>& clients, const std::string& request, int count) {
  const std::size_t window = std::min(clients.size(), kAskingAtOnce);
  return timed([&] {
    for (std::size_t i = 0; i < window; ++i) {
      clients[i].send(request);
    }
    std::size_t next = 0;
    for (int i = 0; i < count; ++i, next = (next + 1) % clients.size()) {
      clients[next].receive();
      clients[(next + window) % clients.size()].send(request);
    }
    for (std::size_t i = 0; i < window; ++i, next = (next + 1) % clients.size()) {
      clients[next].receive();
    }
  });
}

// Connects all and asks with each of them once.
template <class C>
Runner runner(const RowName& row, Side side, std::size_t count, const std::string& request,
              const std::function<C()>& connect) {
  const auto clients = std::make_shared<std::vector<C>>();
  for (std::size_t i = 0; i < count; ++i) {
    clients->push_back(connect());
    clients->back().send(request);
    clients->back().receive();
  }
  return {row, side, [clients, request](int asked) { return ask_in_turn(*clients, request, asked); }};
}

}  // namespace

void measure_clients(Field& field, Results& results, const Effort& effort) {
  for (const int count : {1, 8, 64, effort.most_clients}) {
    const RowName row{"stat, " + std::to_string(count) + " clients", "/s", "clients", static_cast<double>(count)};
    const auto number = static_cast<std::size_t>(count);
    const std::string& stat = field.stat.front();
    std::vector<Runner> runners{runner<Pipeline>(row, Side::kEcho, number, stat,
                                                 [&] { return Pipeline(field.context, field.echo.endpoint()); })};
    for (const Build& build : field.builds) {
      runners.push_back(
          runner<Pipeline>(row, build.side(), number, stat, [&] { return Pipeline(field.context, build.commands()); }));
    }
    if (field.redis) {
      runners.push_back(runner<StreamClient>(row, Side::kRedis, number, redis_command({"HGETALL", "stat"}),
                                             [&] { return StreamClient(field.redis_path); }));
    }
    Effort less = effort;
    less.turns = std::min(effort.turns, 2);
    take_rates(results, less, runners, effort.pipelined);
    if (field.flask && number <= kAskingAtOnce) {  // a connection more is one more descriptor than its select() takes
      take_rates(
          results, less,
          {runner<StreamClient>(row, Side::kFlask, number, http_request("GET", "/shm/" + std::to_string(kKey), {}),
                                [&] { return StreamClient(field.flask_port); })},
          effort.pipelined / 20);
    }
  }
}

}  // namespace shmbus::bench
