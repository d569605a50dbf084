#include "tests/bench/contest/goals.hpp"

#include <algorithm>

namespace shmbus::bench {
namespace {

constexpr const char* kUnbatched = "stat, 100 in flight";
constexpr const char* kBatched = "stat, in batches of 100 (Redis: GET)";
constexpr const char* kAttachedWrites = "write 64 B into an attachment, 100 in flight";
constexpr const char* kKept = ", attachment kept";
constexpr const char* kSamePieces = " / bare ZeroMQ moving the same pieces";
constexpr const char* kEchoLimit = " / bare echo's";

Cell ours(const std::string& row) { return {row, Side::kShmbus}; }
Cell echo(const std::string& row) { return {row, Side::kEcho}; }
Cell least(const std::string& row) { return {row, Side::kLeast}; }

// The largest of the ratios of the rows where both sides took part.
std::optional<double> worst(const Results& results, const std::vector<Cell>& cells, Side other) {
  std::optional<double> most;
  for (const Cell& cell : cells) {
    if (const std::optional<double> ratio = results.ratio(cell, {cell.row, other})) {
      most = std::max(most.value_or(*ratio), *ratio);
    }
  }
  return most;
}

// The least server where it took part, else bare ZeroMQ.
Cell least_there(const Results& results, const std::string& row) {
  return results.median_of(least(row)) ? least(row) : echo(row);
}

}  // namespace

std::vector<Goal> goals_of(const Results& results, int moved_megabytes, int listed_segments) {
  std::vector<Goal> goals;
  using Ratio = std::optional<double>;
  // `rest`: what the row is compared with.
  const auto at_most = [&](const std::string& row, const std::string& rest, Ratio value, double bound,
                           Ratio of_least = {}) {
    goals.push_back({row, row + rest, value, false, bound, of_least});
  };
  const auto at_least = [&](const std::string& row, const std::string& rest, Ratio value, double bound,
                            Ratio of_least = {}) {
    goals.push_back({row, row + rest, value, true, bound, of_least});
  };
  const auto to_echo = [&](const std::string& row) { return results.ratio(ours(row), echo(row)); };
  const auto least_to_echo = [&](const std::string& row) { return results.ratio(least(row), echo(row)); };
  for (const char* const row : {"ping, ipc, p50", "stat, ipc, p50", "read 64 B, ipc, p50", "write 64 B, ipc, p50",
                                "read 64 B of an attachment, p50", "write 64 B into an attachment, ipc, p50"}) {
    at_most(row, kEchoLimit, to_echo(row), 1.10, least_to_echo(row));
  }
  const std::string by_another = "stat, ipc, by another user, p50";
  at_most(by_another, kEchoLimit, to_echo(by_another), 1.35, least_to_echo(by_another));
  for (const auto& [row, bound] : {std::pair{"ping, 100 in flight", 0.75}, {kUnbatched, 0.65}}) {
    at_least(row, kEchoLimit, to_echo(row), bound, least_to_echo(row));
  }
  const std::string crowded = "stat, 400 in flight";
  const Cell with_shmctl = echo(crowded + ", REP with shmctl alone");
  at_least(crowded, " / a bare REP's that makes the same shmctl", results.ratio(ours(crowded), with_shmctl), 0.80,
           results.ratio(least(crowded), with_shmctl));
  at_least(kBatched, " / our own with 100 in flight", results.ratio(ours(kBatched), ours(kUnbatched)), 1.5);
  at_least(kAttachedWrites, kEchoLimit, to_echo(kAttachedWrites), 0.45, least_to_echo(kAttachedWrites));

  const std::string size = std::to_string(moved_megabytes) + " MiB";
  const std::string read = "read " + size;
  at_least(read, kSamePieces, to_echo(read), 0.8);
  at_least(read + kKept, kSamePieces, results.ratio(ours(read + kKept), echo(read)), 0.8);
  const Cell one_message = echo("read 64 MiB as one message");
  at_least(read, " / 64 MiB as one message", results.ratio(ours(read), one_message), 10,
           results.ratio(echo(read), one_message));
  at_least(read, " / Redis' GET of 256 MiB", results.ratio(ours(read), {read, Side::kRedis}), 1);
  const std::string write = "write " + size;
  const std::string there = write + ", pages there";
  at_least(there, kSamePieces, to_echo(there), 0.8);
  at_least(write + kKept, kSamePieces, results.ratio(ours(write + kKept), echo(there)), 0.8);
  const std::string fresh = "write " + size + ", new segment";
  at_least(fresh, " / memset of a new segment", results.ratio(ours(fresh), {fresh, Side::kDirect}), 0.8);

  std::vector<Cell> single;
  std::vector<Cell> single_least;
  for (const char* const row : {"stat, ipc, p50", "set, ipc, p50", "read 64 B, ipc, p50", "write 64 B, ipc, p50",
                                "attach and detach, ipc, p50", "create and remove, ipc, p50"}) {
    single.push_back(ours(row));
    single_least.push_back(least_there(results, row));
  }
  at_most("", "any single operation, p50 / Flask's, the largest", worst(results, single, Side::kFlask), 0.1,
          worst(results, single_least, Side::kFlask));
  const auto ahead_of_flask = [&](Side side) {
    Ratio smallest;
    for (const char* const row : {"stat, 1 clients", "stat, 8 clients", "stat, 64 clients"}) {
      if (const Ratio ratio = results.ratio({row, side}, {row, Side::kFlask})) {
        smallest = std::min(smallest.value_or(*ratio), *ratio);
      }
    }
    return smallest;
  };
  at_least("", "stats of 1, 8, 64 clients / Flask's, the smallest", ahead_of_flask(Side::kShmbus), 10,
           ahead_of_flask(Side::kEcho));

  for (const int segments : {1000, listed_segments}) {
    const std::string look = "CPU time, look at " + std::to_string(segments) + " segments";
    at_most(look, " / a bare SHM_STAT_ANY loop", results.ratio(ours(look), {look, Side::kDirect}), 1.3);
  }
  for (const auto& [row, bound] : {std::pair{"resident memory, idle", 10}, {"resident memory, at the end", 64}}) {
    at_most(row, " (MiB)", results.median_of(ours(row)), bound);
  }
  return goals;
}

std::vector<Goal> guards_of(const Results& results) {
  const auto cost = [&](const std::string& row, Side other, double bound) {
    const std::string name = "CPU time, " + row;
    return Goal{name, name + " / " + (other == Side::kDirect ? "a bare SHM_STAT_ANY loop" : "bare ZeroMQ's"),
                results.ratio(ours(name), {name, other}), false, bound};
  };
  const std::string batched = "CPU time, stat, in batches of 100";
  const std::string unbatched = "CPU time, stat, 100 in flight (bare: with shmctl)";
  return {cost("ping, one at a time", Side::kEcho, 1.9),
          cost("stat, one at a time", Side::kEcho, 2.0),
          cost("stat, 100 in flight (bare: with shmctl)", Side::kEcho, 3.7),
          cost("write 64 B into an attachment, 100 in flight", Side::kEcho, 20),
          cost("read 1 MiB of an attachment, 4 in flight", Side::kEcho, 1.3),
          cost("look at 1000 segments", Side::kDirect, 2.5),
          {batched, batched + " / 100 in flight", results.ratio(ours(batched), ours(unbatched)), false, 0.55}};
}

}  // namespace shmbus::bench
