// The samples of a comparison, for each row and each side, printed as a table and as JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace shmbus::bench {

// The columns, from the floor to what people have today, and another build of the agent.
enum class Side { kDirect, kEcho, kLeast, kShmbus, kRedis, kFlask, kOtherBuild };

struct RowName {
  std::string name;
  std::string unit;
  std::string plot = {};  // the picture it is a point of, at `x`
  double x = 0;

  [[nodiscard]] bool is_rate() const { return unit.ends_with("/s"); }  // the more the better; else the less
};

// One side of one row.
struct Cell {
  std::string row;
  Side side = Side::kShmbus;
};

struct Goal {
  std::string row;  // of the table, with this
  std::string what;
  std::optional<double> value;  // none: not measured
  bool at_least = false;        // else at most
  double bound = 0;
  std::optional<double> least = {};  // what the least server reaches

  [[nodiscard]] bool met() const { return !value || (at_least ? *value >= bound : *value <= bound); }
};

class Results {
 public:
  // Appends the sample of one repetition.
  void add(const RowName& row, Side side, double value);

  [[nodiscard]] std::optional<double> median_of(const Cell& cell) const;

  // The names of the rows, as they came.
  [[nodiscard]] std::vector<RowName> rows() const;

  // The ratios of one repetition each; empty if one of them was not measured. ratio(): their median.
  [[nodiscard]] std::vector<double> ratios(const Cell& one, const Cell& other) const;
  [[nodiscard]] std::optional<double> ratio(const Cell& one, const Cell& other) const;

  // Each median with half the distance of the smallest from the largest sample, in percent.
  void print() const;

  // The same with all samples, and the goals. Throws std::runtime_error if `path` can't be written.
  void write_json(const std::string& path, const std::vector<Goal>& goals) const;

 private:
  struct Row {
    RowName name;
    std::map<Side, std::vector<double>> samples;
  };

  [[nodiscard]] const std::vector<double>* samples_of(const Cell& cell) const;

  std::vector<Row> rows_;  // as they came
};

// Three digits that count.
[[nodiscard]] std::string short_number(double value);

// Prints each goal with its value and whether it is met; returns whether all are that were measured.
bool print_goals(const std::vector<Goal>& goals);

}  // namespace shmbus::bench
