#include "tools/send/progress.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

using std::chrono::seconds;

TEST(AProgressLine, TellsHowFarOfHowMuchAndHowFast) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  EXPECT_EQ(progress_line(27 * kGiB, 64 * kGiB, seconds(18)), "42 % of 64.0 GiB, 1.5 GiB/s");
  EXPECT_EQ(progress_line(3 * kGiB / 2, {}, seconds(3)), "1.5 GiB, 512.0 MiB/s");
  EXPECT_EQ(progress_line(0, 0, seconds(0)), "0.0 B, 0.0 B/s");
}

}  // namespace
}  // namespace shmbus
