// The table of figures: what was measured, against what, and whether the goal is met.
#pragma once

#include <string>

namespace shmbus::bench {

class Table {
 public:
  Table() { print("figure", "agent", "bare", "value", "goal", ""); }

  void row(const std::string& figure, const std::string& agent, const std::string& bare, const std::string& value,
           const std::string& goal, bool met);

  // A figure without a goal, which explains others.
  void part(const std::string& figure, const std::string& agent, const std::string& bare, const std::string& value) {
    print(figure, agent, bare, value, "", "");
  }

  [[nodiscard]] bool all_met() const { return all_met_; }

 private:
  static void print(const std::string& figure, const std::string& agent, const std::string& bare,
                    const std::string& value, const std::string& goal, const std::string& verdict);

  bool all_met_ = true;
};

// "12.3 us" for 12.34, 1 digit, " us".
[[nodiscard]] std::string shown(double value, int digits, const char* unit);

}  // namespace shmbus::bench
