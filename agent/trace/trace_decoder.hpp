// From the bytes of a tracepoint's record to what was called: the table of tracepoints, and how each is read. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/trace/tracefs.hpp"
#include "protocol/segment.hpp"

namespace shmbus::agent {

enum class TracedKind : std::uint8_t {
  kGet,     // shmget that may create: key, size, mode, shmid
  kAttach,  // shmat: shmid, address
  kDetach,  // shmdt: address
  kSet,     // IPC_SET, SHM_LOCK, SHM_UNLOCK: shmid
  kRemove,  // IPC_RMID: shmid
  kFork,    // child
  kExec,
  kExit,  // of the whole process; what it had attached is detached a little later
};

// One call that changed something, or may have; a whole one succeeded. `pid` is in the agent's pid namespace, 0 for a
// process outside of it.
struct TracedCall {
  TracedKind kind = TracedKind::kGet;
  std::int32_t pid = 0;
  std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC
  Key key = kPrivateKey;
  std::uint64_t size = 0;
  Mode mode;
  ShmId shmid = -1;
  std::uint64_t address = 0;
  std::int32_t child = 0;
};

// A call is told twice, by its begin and its end; a process that comes or goes once.
enum class TracePhase : std::uint8_t { kBegin, kEnd, kWhole };

struct TraceRecord {
  TracedCall call;  // as far as this record tells it
  std::int32_t tid = 0;
  TracePhase phase = TracePhase::kWhole;
  bool is_control = false;  // shmctl, whose kind only its begin tells
  bool failed = false;      // of an end
};

// One tracepoint: its name in tracefs, what its records mean, whether they wake us, which of them are wanted (a filter
// as in events.rst), and the fields to read.
struct TraceRow {
  std::string name;
  TracedKind kind;
  TracePhase phase;
  bool is_control;
  bool wakes;
  std::string filter;
  std::vector<std::string> fields;
};
[[nodiscard]] const std::vector<TraceRow>& trace_rows();

class TraceDecoder {
 public:
  // Says where this kernel puts the fields of a row.
  void add(const TraceRow& row, const Tracepoint& tracepoint);

  // `sample` is a perf sample of TID, TIME and RAW. Nothing for one that is of no interest.
  [[nodiscard]] std::optional<TraceRecord> decode(std::span<const std::byte> sample) const;

 private:
  struct Source {
    const TraceRow* row = nullptr;
    std::vector<std::size_t> offsets;  // of the row's fields
  };

  std::unordered_map<std::uint64_t, Source> sources_;
};

}  // namespace shmbus::agent
