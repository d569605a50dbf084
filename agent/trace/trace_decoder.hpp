// Decodes the records of tracepoints, with a table of the tracepoints that are traced and the fields to read. No
// function here makes a system call.
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

// A kind of call or process event. The comments name the fields of TracedCall that it fills, besides pid and time.
enum class TracedKind : std::uint8_t {
  kGet,     // shmget that may create: key, size, mode, shmid
  kAttach,  // shmat: shmid, address
  kDetach,  // shmdt: address
  kSet,     // IPC_SET, SHM_LOCK, SHM_UNLOCK: shmid
  kRemove,  // IPC_RMID: shmid
  kFork,    // child
  kExec,
  kExit,  // the whole process ended; the kernel detaches its segments a little later
};

// A call that changed something, or may have. SyscallTrace::drain() returns only those that succeeded. `pid` is the
// caller in the agent's pid namespace, or 0 for a process outside of it.
struct TracedCall {
  TracedKind kind = TracedKind::kGet;
  std::int32_t pid = 0;
  std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC
  Key key = kPrivateKey;
  std::uint64_t size = 0;  // bytes
  Mode mode;
  ShmId shmid = -1;
  std::uint64_t address = 0;  // in the calling process
  std::int32_t child = 0;     // pid, in the initial pid namespace
};

// A system call leaves two records, its begin and its end. A process event leaves one, which is whole.
enum class TracePhase : std::uint8_t { kBegin, kEnd, kWhole };

// One decoded record, of one thread.
struct TraceRecord {
  TracedCall call;  // the fields that this record has
  std::int32_t tid = 0;
  TracePhase phase = TracePhase::kWhole;
  bool is_control = false;  // shmctl: only its begin has the kind
  bool failed = false;      // only for an end
};

// A row for one tracepoint: its name in tracefs, the meaning of its records, whether they wake the agent, a filter for
// the records that are wanted (events.rst; empty: all), and the fields to read.
struct TraceRow {
  std::string name;
  TracedKind kind;
  TracePhase phase;
  bool is_control;
  bool wakes;
  std::string filter;
  std::vector<std::string> fields;
};
// Returns the table. It lives as long as the process.
[[nodiscard]] const std::vector<TraceRow>& trace_rows();

// Decodes samples with the rows that were added and the layout that this kernel gives their fields.
class TraceDecoder {
 public:
  // Adds a row and its layout in this kernel. Borrows `row`. A field that this kernel lacks is read as 0.
  void add(const TraceRow& row, const Tracepoint& tracepoint);

  // Decodes a perf sample of TID, TIME and RAW. Returns nothing for an unknown tracepoint, for a sample that is too
  // short, and for the exit of a thread that does not end its process.
  [[nodiscard]] std::optional<TraceRecord> decode(std::span<const std::byte> sample) const;

 private:
  struct Source {
    const TraceRow* row = nullptr;
    std::vector<std::size_t> offsets;  // of the row's fields
  };

  std::unordered_map<std::uint64_t, Source> sources_;
};

}  // namespace shmbus::agent
