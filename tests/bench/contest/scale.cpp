#include <sys/shm.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <stdexcept>
#include <system_error>

#include "protocol/codec/requests.hpp"
#include "tests/bench/contest/rows.hpp"
#include "tests/bench/contest/turns.hpp"
#include "tests/bench/process_usage.hpp"

namespace shmbus::bench {
namespace {

constexpr std::uint64_t kPage = 1000;
constexpr int kListed = 20'000;  // segments in all for a sample
constexpr int kFewestLists = 3;
constexpr int kMostLists = 20;

}  // namespace

int look_at_all() {
  shm_info info{};
  const int highest = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info));
  int found = 0;
  for (int slot = 0; slot <= highest; ++slot) {
    shmid_ds state{};
    found += shmctl(slot, SHM_STAT_ANY, &state) >= 0 ? 1 : 0;
  }
  return found;
}

void have_segments(int count) {
  for (int there = look_at_all(); there < count; ++there) {
    if (shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600) < 0) {
      throw std::system_error(errno, std::generic_category(), "segment " + std::to_string(there));
    }
  }
}

std::string look_request() {
  ListRequest one;
  one.shm_key = kKey;
  return encode_request({RequestId(std::uint64_t{1}), {}, {}, one});
}

void measure_list(Field& field, Results& results, const Effort& effort, int segments) {
  have_segments(segments);
  auto agents = for_each_build(field.builds, [&](Build& build) { return RoundTrips(field.context, build.commands()); });
  for (auto& [build, agent] : agents) {
    agent.ask(look_request());  // publishes what is new
  }
  const RowName row{"list of " + std::to_string(segments) + " segments", "us", "segments",
                    static_cast<double>(segments)};
  for (int repetition = 0; repetition < effort.repetitions; ++repetition) {
    std::map<Side, std::vector<double>> times;
    for (int i = 0; i < std::clamp(kListed / segments, kFewestLists, kMostLists); ++i) {
      if (effort.has_turns(Side::kDirect)) {
        times[Side::kDirect].push_back(1e6 * timed(look_at_all).count());
      }
      have_turns(agents, [&](auto& turn) {
        const Listing listing = list_all(turn.second, kPage);
        if (listing.segments != static_cast<std::size_t>(segments)) {
          throw std::runtime_error("list gave " + std::to_string(listing.segments) + " segments");
        }
        times[turn.first->side()].push_back(1e6 * listing.time.count());
      });
    }
    for (const auto& [side, taken] : times) {
      results.add(row, side, median(taken));
    }
  }
}

void measure_memory(Field& field, Results& results, const std::string& when) {
  const RowName row{"resident memory, " + when, "MiB"};
  for (const Side side : {Side::kEcho, Side::kShmbus, Side::kOtherBuild, Side::kRedis, Side::kFlask}) {
    if (const std::optional<pid_t> pid = field.pid_of(side)) {
      results.add(row, side, resident_beyond_segments_mib(*pid));
    }
  }
}

}  // namespace shmbus::bench
