#include "tools/send/progress.hpp"

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string_view>

#include "tools/shared/text.hpp"

namespace shmbus {
namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr std::string_view kClearLine = "\r\x1b[K";

std::string amount(double bytes) {
  const auto [number, unit] = in_unit(bytes);
  return (std::ostringstream() << std::fixed << std::setprecision(1) << number << " " << unit).str();
}

}  // namespace

std::string progress_line(std::uint64_t bytes, std::optional<std::uint64_t> of, std::chrono::duration<double> elapsed) {
  const auto moved = static_cast<double>(bytes);
  const std::string how_far = of && *of > 0 ? std::to_string(static_cast<int>(100 * moved / static_cast<double>(*of))) +
                                                  " % of " + amount(static_cast<double>(*of))
                                            : amount(moved);
  return how_far + ", " + amount(elapsed.count() > 0 ? moved / elapsed.count() : 0) + "/s";
}

void ProgressLine::show(std::uint64_t bytes, std::optional<std::uint64_t> of) {
  const Clock::time_point now = Clock::now();
  if (wanted_ && now >= next_) {
    std::cerr << kClearLine << progress_line(bytes, of, now - begin_) << std::flush;
    next_ = now + kPause;
    shown_ = true;
  }
}

ProgressLine::~ProgressLine() {
  if (shown_) {
    std::cerr << kClearLine << std::flush;
  }
}

}  // namespace shmbus
