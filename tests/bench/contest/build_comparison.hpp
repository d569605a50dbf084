// Two builds side by side.
#pragma once

#include <vector>

#include "tests/bench/contest/results.hpp"

namespace shmbus::bench {

// Prints for each row that both builds took part in the median of each, the median of the ratios ours / the other's of
// all repetitions, and the bounds of the middle half of these; says where ours is worse by more than 5 %. Returns
// whether no row of a goal is.
bool print_build_comparison(const Results& results, const std::vector<Goal>& goals);

}  // namespace shmbus::bench
