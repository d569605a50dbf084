#include "tests/bench/contest/results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "tests/bench/load.hpp"
#include "tests/bench/table.hpp"

namespace shmbus::bench {
namespace {

struct Column {
  Side side;
  const char* name;
};

constexpr std::array<Column, 6> kColumns{{{Side::kDirect, "direct"},
                                          {Side::kEcho, "bare ZeroMQ"},
                                          {Side::kLeast, "least server"},
                                          {Side::kShmbus, "shmbus"},
                                          {Side::kRedis, "Redis"},
                                          {Side::kFlask, "Flask"}}};

double spread_percent(const std::vector<double>& samples) {
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  const double middle = median(samples);
  return middle == 0 ? 0 : 50 * (*most - *least) / middle;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }  // our own texts need no escapes

}  // namespace

std::string short_number(double value) {
  const double size = std::abs(value);
  return shown(value, size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0, "");
}

void Results::add(const RowName& row, Side side, double value) {
  auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& known) { return known.name.name == row.name; });
  if (found == rows_.end()) {
    found = rows_.insert(found, Row{row, {}});
  }
  found->samples[side].push_back(value);
}

const std::vector<double>* Results::samples_of(const Cell& cell) const {
  for (const Row& row : rows_) {
    const auto samples = row.samples.find(cell.side);
    if (row.name.name == cell.row && samples != row.samples.end()) {
      return &samples->second;
    }
  }
  return nullptr;
}

std::optional<double> Results::median_of(const Cell& cell) const {
  const std::vector<double>* const samples = samples_of(cell);
  return samples != nullptr ? std::optional(median(*samples)) : std::nullopt;
}

std::vector<RowName> Results::rows() const {
  std::vector<RowName> names;
  for (const Row& row : rows_) {
    names.push_back(row.name);
  }
  return names;
}

std::vector<double> Results::ratios(const Cell& one, const Cell& other) const {
  const std::vector<double>* const upper = samples_of(one);
  const std::vector<double>* const lower = samples_of(other);
  std::vector<double> ratios;
  if (upper != nullptr && lower != nullptr) {
    for (std::size_t i = 0; i < std::min(upper->size(), lower->size()); ++i) {
      ratios.push_back((*upper)[i] / (*lower)[i]);
    }
  }
  return ratios;
}

std::optional<double> Results::ratio(const Cell& one, const Cell& other) const {
  const std::vector<double> all = ratios(one, other);
  return all.empty() ? std::nullopt : std::optional(median(all));
}

void Results::print() const {
  std::printf("%-46s %-5s", "row", "unit");
  for (const Column& column : kColumns) {
    std::printf(" %15s", column.name);
  }
  std::printf("\n");
  for (const Row& row : rows_) {
    std::printf("%-46s %-5s", row.name.name.c_str(), row.name.unit.c_str());
    for (const Column& column : kColumns) {
      const auto samples = row.samples.find(column.side);
      if (samples == row.samples.end()) {
        std::printf(" %15s", "");
      } else {
        std::printf(" %9s +-%3.0f", short_number(median(samples->second)).c_str(), spread_percent(samples->second));
      }
    }
    std::printf("\n");
  }
}

void Results::write_json(const std::string& path, const std::vector<Goal>& goals) const {
  std::ofstream out(path);
  out.precision(6);
  out << "{\n \"rows\": [";
  const char* row_separator = "\n";
  for (const Row& row : rows_) {
    out << row_separator << "  {\"row\": " << quoted(row.name.name) << ", \"unit\": " << quoted(row.name.unit)
        << ", \"plot\": " << quoted(row.name.plot) << ", \"x\": " << row.name.x << ", \"sides\": {";
    row_separator = ",\n";
    const char* side_separator = "\n";
    for (const Column& column : kColumns) {
      const auto samples = row.samples.find(column.side);
      if (samples == row.samples.end()) {
        continue;
      }
      out << side_separator << "    " << quoted(column.name) << ": {\"median\": " << median(samples->second)
          << ", \"spread_percent\": " << spread_percent(samples->second) << ", \"samples\": [";
      side_separator = ",\n";
      const char* sample_separator = "";
      for (const double sample : samples->second) {
        out << sample_separator << sample;
        sample_separator = ", ";
      }
      out << "]}";
    }
    out << "}}";
  }
  out << "\n ],\n \"goals\": [";
  row_separator = "\n";
  for (const Goal& goal : goals) {
    out << row_separator << "  {\"goal\": " << quoted(goal.what) << ", \"bound\": \"" << (goal.at_least ? ">= " : "<= ")
        << goal.bound << "\", \"value\": ";
    row_separator = ",\n";
    if (goal.value) {
      out << *goal.value << ", \"met\": " << (goal.met() ? "true" : "false");
    } else {
      out << "null, \"met\": null";
    }
    if (goal.least) {
      out << ", \"least\": " << *goal.least;
    }
    out << "}";
  }
  out << "\n ]\n}\n";
  out.close();
  if (!out) {
    throw std::runtime_error("cannot write " + path);
  }
}

bool print_goals(const std::vector<Goal>& goals) {
  bool all_met = true;
  const bool any_least =
      std::any_of(goals.begin(), goals.end(), [](const Goal& goal) { return goal.least.has_value(); });
  std::printf("%-76s %9s  %-9s %-12s %s\n", "ratio", "value", "goal", "", any_least ? "the least" : "");
  for (const Goal& goal : goals) {
    std::printf("%-76s %9s  %s %-6s %-12s %s\n", goal.what.c_str(),
                goal.value ? short_number(*goal.value).c_str() : "-",
                goal.at_least ? ">=" : "<=", short_number(goal.bound).c_str(),
                !goal.value  ? "not measured"
                : goal.met() ? "met"
                             : "MISSED",
                goal.least ? short_number(*goal.least).c_str() : "");
    all_met = all_met && goal.met();
  }
  static_cast<void>(std::fflush(stdout));
  return all_met;
}

}  // namespace shmbus::bench
