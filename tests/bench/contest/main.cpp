// Compares the agent with the limit, the floor, and what people would use instead; tests/bench/compare starts it.
#include <sched.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tests/bench/contest/build_comparison.hpp"
#include "tests/bench/contest/goals.hpp"
#include "tests/bench/contest/rows.hpp"

namespace {

using namespace shmbus::bench;

struct Options {
  FieldOptions field;
  std::string json;
  int runs = 5;
  bool quick = false;
  bool guard = false;
};

constexpr int kTries = 4;
constexpr double kRoomForBulk = 4e6;  // KiB: a segment of 1 GiB, as much of ours, and a quarter of it twice in Redis

double available_kib() {
  std::ifstream memory("/proc/meminfo");
  for (std::string word; memory >> word;) {
    if (double kib = 0; word == "MemAvailable:" && memory >> kib) {
      return kib;
    }
  }
  return 0;
}

Effort effort_of(const Options& options) {
  Effort effort;
  if (options.guard) {
    effort.repetitions = 3;
    effort.turns = 2;
    effort.pipelined = 1000;
    effort.listed_segments = 1000;
  } else if (options.quick) {
    effort.repetitions = 1;
    effort.turns = 1;
    effort.pipelined = 400;
    effort.moved_megabytes = 64;
    effort.transfers = 1;
    effort.listed_segments = 2000;
    effort.bursts = 1;
    effort.most_subscribers = 20;
    effort.most_clients = 100;
  } else if (available_kib() < kRoomForBulk) {
    effort.moved_megabytes = 256;
  }
  return effort;
}

void raise_open_files() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// Has this namespace take `wanted` segments and some more, and returns how many of them it does take.
int make_room(int wanted) {
  constexpr int kMore = 100;
  const char* const path = "/proc/sys/kernel/shmmni";
  std::ofstream(path) << wanted + kMore;
  int most = 0;
  std::ifstream(path) >> most;
  return std::min(wanted, most - kMore);
}

void measure_all(Field& field, Results& results, const Effort& effort) {
  const auto tell = [](const char* what) { std::fprintf(stderr, "==> %s\n", what); };
  measure_memory(field, results, "idle");
  tell("one request at a time");
  measure_round_trips(field, results, effort);
  measure_costs(field, results, effort);
  tell("many requests on their way");
  measure_pipelines(field, results, effort);
  tell("many clients");
  measure_clients(field, results, effort);
  tell("events");
  measure_events(field, results, effort);
  tell("whole segments");
  measure_bulk(field, results, effort, 64);
  if (effort.moved_megabytes > 64) {
    measure_bulk(field, results, effort, effort.moved_megabytes);
  }
  measure_fresh_write(field, results, effort);
  tell("many segments");
  for (const int segments : {10, 1000, 4000, effort.listed_segments}) {
    if (segments <= effort.listed_segments) {
      measure_list(field, results, effort, segments);
      measure_look_costs(field, results, effort, segments);
    }
  }
  measure_memory(field, results, "at the end");
}

void measure_guarded(Field& field, Results& results, const Effort& effort) {
  measure_costs(field, results, effort);
  measure_look_costs(field, results, effort, effort.listed_segments);
}

bool compare(const Options& options, const Effort& effort) {
  Field field(options.field);
  Results results;
  measure_all(field, results, effort);
  const std::vector<Goal> goals = goals_of(results, effort.moved_megabytes, effort.listed_segments);
  results.print();
  std::printf("\n");
  const bool met = print_goals(goals);
  if (!options.json.empty()) {
    results.write_json(options.json, goals);
  }
  return met || options.quick;
}

// Our build and another one, with fresh agents and an IPC namespace of its own in each run. Both are there at the same
// time and have turns of some milliseconds, so that what the machine does meanwhile is done to both.
bool compare_builds(const Options& options, Effort effort) {
  Results results;
  effort.builds_alone = true;
  if (!options.quick) {  // many short pairs: their median leaves out those that something else disturbed
    effort.repetitions = 8;
    effort.turns = 4;
    effort.transfers = 8;
    effort.moved_megabytes = 256;  // so that there is time for as many
    effort.bursts = 1;
  }
  for (int run = 1; run <= options.runs; ++run) {
    std::fprintf(stderr, "==> run %d of %d\n", run, options.runs);
    if (run > 1 && unshare(CLONE_NEWIPC) != 0) {
      throw std::system_error(errno, std::generic_category(), "a fresh IPC namespace");
    }
    effort.listed_segments = make_room(effort.listed_segments);
    FieldOptions fresh = options.field;
    fresh.directory += "/" + std::to_string(run);
    std::filesystem::create_directory(fresh.directory);
    Field field(fresh);
    measure_all(field, results, effort);
  }
  return print_build_comparison(results, goals_of(results, effort.moved_megabytes, effort.listed_segments)) ||
         options.quick;
}

// Whether each bound holds in one of the tries.
bool guard(const Options& options, const Effort& effort) {
  Field field(options.field);
  std::vector<Goal> best;
  for (int i = 0; i < kTries; ++i) {
    Results results;
    measure_guarded(field, results, effort);
    const std::vector<Goal> now = guards_of(results);
    best.resize(now.size());
    bool all_met = true;
    for (std::size_t j = 0; j < now.size(); ++j) {
      if (i == 0 || !best[j].met()) {
        best[j] = now[j];
      }
      all_met = all_met && best[j].met();
    }
    if (all_met) {
      break;
    }
  }
  return print_goals(best);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    CLI::App app{
        "Compares shmbus-agent with bare ZeroMQ, system calls, Redis and a Flask service, in an IPC namespace "
        "without segments."};
    app.add_option("--bin", options.field.bin, "Where shmbus-agent is")->required();
    app.add_option("--directory", options.field.directory, "An empty directory for sockets")->required();
    app.add_option("--flask", options.field.flask, "The Flask service; without it neither it nor Redis takes part");
    app.add_option("--detection", options.field.detection, "The agent's");
    CLI::Option* const against = app.add_option("--against", options.field.against,
                                                "Where another build's shmbus-agent is, to be compared with");
    app.add_option("--runs", options.runs, "How often, with --against")->check(CLI::PositiveNumber)->needs(against);
    app.add_option("--json", options.json, "File for rows, samples and goals");
    app.add_flag("--quick", options.quick, "Little of everything, to see that it works; no figure means anything");
    app.add_flag("--guard", options.guard, "A few ratios against wide bounds, up to four times");
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    Effort effort = effort_of(options);
    raise_open_files();
    if (!options.field.against.empty()) {
      return compare_builds(options, effort) ? 0 : 1;
    }
    effort.listed_segments = make_room(effort.listed_segments);
    return (options.guard ? guard(options, effort) : compare(options, effort)) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shmbus-bench-compare: %s\n", error.what());
    return 2;
  }
}
