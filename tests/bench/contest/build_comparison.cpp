#include "tests/bench/contest/build_comparison.hpp"

#include <algorithm>
#include <cstdio>

#include "tests/bench/load.hpp"

namespace shmbus::bench {
namespace {

constexpr double kTolerated = 0.05;

const char* verdict(double ratio, bool is_rate) {
  const double rise = is_rate ? ratio - 1 : 1 - ratio;
  return rise < -kTolerated ? "worse by more than 5 %" : rise > kTolerated ? "better" : "";
}

}  // namespace

bool print_build_comparison(const Results& results, const std::vector<Goal>& goals) {
  int worse = 0;
  std::printf("%-46s %-5s %9s %9s %7s  %-13s %-5s\n", "row", "unit", "ours", "other", "ratio", "middle half", "goal");
  for (const RowName& row : results.rows()) {
    const Cell ours{row.name, Side::kShmbus};
    const Cell other{row.name, Side::kOtherBuild};
    const std::vector<double> ratios = results.ratios(ours, other);
    if (ratios.empty()) {
      continue;
    }
    const double ratio = median(ratios);
    const bool is_goal =
        std::any_of(goals.begin(), goals.end(), [&](const Goal& goal) { return goal.row == row.name; });
    const std::string said = verdict(ratio, row.is_rate());
    std::printf("%-46s %-5s %9s %9s %7.3f  %6.3f %6.3f %-5s %s\n", row.name.c_str(), row.unit.c_str(),
                short_number(*results.median_of(ours)).c_str(), short_number(*results.median_of(other)).c_str(), ratio,
                percentile(ratios, 0.25), percentile(ratios, 0.75), is_goal ? "goal" : "", said.c_str());
    worse += is_goal && said.starts_with("worse") ? 1 : 0;
  }
  std::printf("%d rows of goals are worse by more than 5 %%\n", worse);
  static_cast<void>(std::fflush(stdout));
  return worse == 0;
}

}  // namespace shmbus::bench
