// The goals of the comparison, checked against its results.
#pragma once

#include <vector>

#include "tests/bench/contest/results.hpp"

namespace shmbus::bench {

// The goals of the comparison, with what was reached.
[[nodiscard]] std::vector<Goal> goals_of(const Results& results, int moved_megabytes, int listed_segments);

// The same few ratios with bounds so wide that noise stays within, and half the speed does not.
[[nodiscard]] std::vector<Goal> guards_of(const Results& results);

}  // namespace shmbus::bench
