// The rows of the comparison, by what they have in common. Each takes its samples from all sides in turn.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/contest/field.hpp"
#include "tests/bench/contest/results.hpp"
#include "tests/bench/load.hpp"

namespace shmbus::bench {

// One side of one row: does `count` of something and returns how long that took.
struct Runner {
  RowName row;
  Side side;
  std::function<Seconds(int count)> run;
};

// Has each runner do `count` in each of its turns, and adds its rate in each repetition, times `scale`.
void take_rates(Results& results, const Effort& effort, const std::vector<Runner>& runners, int count,
                double scale = 1);

template <class Function>
Seconds timed(Function&& function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::steady_clock::now() - start;
}

// An attachment of an agent's to the segment, or to another, held for the scope, and requests through it.
class Attached {
 public:
  explicit Attached(Build& build, const SegmentRef& segment = {kKey, {}});
  ~Attached();
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  [[nodiscard]] AttachmentId id() const { return attachment_; }
  [[nodiscard]] std::string small_write() const;
  [[nodiscard]] std::string read(std::size_t bytes) const;

 private:
  Build& build_;
  AttachmentId attachment_;
};

[[nodiscard]] BatchRequest batch_of_stats(int count);

// Makes segments until there are so many in the namespace.
void have_segments(int count);

// What the least program does that looks at all segments. Returns how many there are.
int look_at_all();

// A list of one segment, for which the agent looks at all.
[[nodiscard]] std::string look_request();

// One request at a time, all on one CPU: p50 and p99 of what operations take over ipc and tcp, and by size.
void measure_round_trips(Field& field, Results& results, const Effort& effort);

// Many requests on their way, and in batches.
void measure_pipelines(Field& field, Results& results, const Effort& effort);

// Many clients that each wait for their answer.
void measure_clients(Field& field, Results& results, const Effort& effort);

// Whole segments of `megabytes`, which is at most Effort::moved_megabytes.
void measure_bulk(Field& field, Results& results, const Effort& effort, int megabytes);

// Writes into a segment whose pages are not there yet.
void measure_fresh_write(Field& field, Results& results, const Effort& effort);

// List with `segments` in the namespace.
void measure_list(Field& field, Results& results, const Effort& effort, int segments);

// Events to many subscribers.
void measure_events(Field& field, Results& results, const Effort& effort);

// CPU time that the servers take for one request. Beside the times above these say what a server itself does, whatever
// else the machine has to do.
void measure_costs(Field& field, Results& results, const Effort& effort);
void measure_look_costs(Field& field, Results& results, const Effort& effort, int segments);

// Resident memory; `when` is part of the row's name.
void measure_memory(Field& field, Results& results, const std::string& when);

}  // namespace shmbus::bench
