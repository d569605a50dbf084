// Shows the progress of a transfer as one line on a terminal that is overwritten in place.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace shmbus {

// Returns the text of the line: "42 % of 64.0 GiB, 1.9 GiB/s", or "27.1 GiB, 1.9 GiB/s" if the total `of` is unknown or
// 0. The rate is the average over `elapsed`.
[[nodiscard]] std::string progress_line(std::uint64_t bytes, std::optional<std::uint64_t> of,
                                        std::chrono::duration<double> elapsed);

// Writes the line to stderr. A transfer that ends within a second shows none; after that it is renewed at most ten
// times a second. The destructor clears it, so that the message that follows starts on an empty line. Not thread-safe.
class ProgressLine {
 public:
  // Time counts from here. Nothing is ever shown if `wanted` is false.
  explicit ProgressLine(bool wanted) : wanted_(wanted) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Shows that `bytes` of `of` were moved, if the line is due.
  void show(std::uint64_t bytes, std::optional<std::uint64_t> of);

 private:
  using Clock = std::chrono::steady_clock;

  const bool wanted_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_ + std::chrono::seconds(1);
  bool shown_ = false;
};

}  // namespace shmbus
