// Runs the sides of a row in turn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

namespace shmbus::bench {

// Has each of `sides` act once, in another order each time, the same in every run. Whom a side follows changes what it
// gets: the scheduler holds it against a client that it computed without a pause, as it does for a side of system calls
// alone, and the round trips that come next are a tenth shorter.
template <class Sides, class Act>
void have_turns(Sides& sides, const Act& act) {
  static std::minstd_rand random;  // NOLINT(cert-msc32-c,cert-msc51-cpp): of the same seed on purpose
  std::vector<std::size_t> order(sides.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  for (const std::size_t next : order) {
    act(sides[next]);
  }
}

}  // namespace shmbus::bench
