// How far a transfer is, as one line of a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace shmbus {

// "42 % of 64.0 GiB, 1.9 GiB/s", and without `of` "27.1 GiB, 1.9 GiB/s".
[[nodiscard]] std::string progress_line(std::uint64_t bytes, std::optional<std::uint64_t> of,
                                        std::chrono::duration<double> elapsed);

// Shows nothing in the first second, then ten times a second at most, on stderr; the line goes when this does.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : wanted_(wanted) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::uint64_t bytes, std::optional<std::uint64_t> of);

 private:
  using Clock = std::chrono::steady_clock;

  const bool wanted_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_ + std::chrono::seconds(1);
  bool shown_ = false;
};

}  // namespace shmbus
