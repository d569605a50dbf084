#include "tests/bench/table.hpp"

#include <array>
#include <cstdio>

namespace shmbus::bench {

void Table::row(const std::string& figure, const std::string& agent, const std::string& bare, const std::string& value,
                const std::string& goal, bool met) {
  print(figure, agent, bare, value, goal, met ? "met" : "MISSED");
  all_met_ = all_met_ && met;
}

void Table::print(const std::string& figure, const std::string& agent, const std::string& bare,
                  const std::string& value, const std::string& goal, const std::string& verdict) {
  std::printf("%-52s %12s %12s %10s  %-10s %s\n", figure.c_str(), agent.c_str(), bare.c_str(), value.c_str(),
              goal.c_str(), verdict.c_str());
  static_cast<void>(std::fflush(stdout));
}

std::string shown(double value, int digits, const char* unit) {
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%.*f%s", digits, value, unit));
  return text.data();
}

}  // namespace shmbus::bench
