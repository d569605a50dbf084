#include "tests/bench/contest/goals.hpp"

namespace shmbus::bench {
namespace {

constexpr const char* kKept = ", attachment kept";
constexpr const char* kSamePieces = " / bare ZeroMQ moving the same pieces";
constexpr const char* kEchoLimit = " / bare echo's";

Cell ours(const std::string& row) { return {row, Side::kShmbus}; }
Cell echo(const std::string& row) { return {row, Side::kEcho}; }
Cell least(const std::string& row) { return {row, Side::kLeast}; }

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
  for (const auto& [row, bound] : {std::pair{"ping, ipc, p50", 1.10},
                                   {"stat, ipc, p50", 1.10},
                                   {"read 64 B of an attachment, p50", 1.10},
                                   {"write 64 B into an attachment, ipc, p50", 1.10},
                                   {"stat, ipc, by another user, p50", 1.35},
                                   {"read 64 B, ipc, p50", 1.45},
                                   {"write 64 B, ipc, p50", 1.45}}) {
    at_most(row, kEchoLimit, to_echo(row), bound, least_to_echo(row));
  }
  for (const auto& [row, bound] : {std::pair{"ping, 100 in flight", 0.70}, {"stat, 100 in flight", 0.60}}) {
    at_least(row, kEchoLimit, to_echo(row), bound, least_to_echo(row));
  }
  const std::string crowded = "stat, 400 in flight";
  const Cell with_shmctl = echo(crowded + ", REP with shmctl alone");
  at_least(crowded, " / a bare REP's that makes the same shmctl", results.ratio(ours(crowded), with_shmctl), 0.65,
           results.ratio(least(crowded), with_shmctl));

  const std::string size = std::to_string(moved_megabytes) + " MiB";
  const std::string read = "read " + size;
  const std::string write = "write " + size;
  at_least(read + kKept, kSamePieces, results.ratio(ours(read + kKept), echo(read)), 0.8);
  at_least(write + kKept, kSamePieces, results.ratio(ours(write + kKept), echo(write + ", pages there")), 0.8);

  const std::string list = "list of " + std::to_string(listed_segments) + " segments";
  const std::optional<double> longer = results.ratio(ours(list), ours("list of 1000 segments"));
  at_most(list, ", for each / for each of 1000", longer ? std::optional(*longer * 1000 / listed_segments) : longer,
          1.5);
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
