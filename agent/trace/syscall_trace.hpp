// A trace of the shm system calls of all processes, and of their forks, execs and exits, from the kernel's tracepoints.
// It is an alarm, not the truth: records can be lost, and calls in other IPC namespaces are traced too. Sources:
// perf_event_open(2), Documentation/trace/events.rst.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/trace/perf_ring.hpp"
#include "agent/trace/trace_decoder.hpp"

namespace shmbus::agent {

// The result of one drain(): the successful calls that ended since the last one, sorted by time.
struct TraceRecords {
  std::vector<TracedCall> calls;
  std::uint64_t lost = 0;  // at least how many records the kernel dropped
};

// Opens the tracepoints of trace_decoder.hpp on every CPU that is online. All tracepoints of a CPU write into one ring.
// A system call leaves two records, its begin with the arguments and its end with the result, and drain() pairs them by
// thread. The agent's own calls are left out. Owns the rings and all descriptors; its destruction ends the trace.
// Move-only, not thread-safe.
class SyscallTrace {
 public:
  // Opens the trace. Errors: kUnsupported with what is missing, either a right (root, or CAP_SYS_ADMIN and
  // CAP_DAC_READ_SEARCH) or support in the kernel.
  [[nodiscard]] static Result<SyscallTrace> open();

  // Returns an epoll descriptor, owned by the trace. It is readable when another process made a call that can change a
  // segment, when a process forked, called exec or exited, or when a ring is half full.
  [[nodiscard]] int descriptor() const { return wake_up_.get(); }

  // Returns the calls that ended. Failed calls are dropped, and so is a call whose end is missing after a second: its
  // record may be lost. Records that arrive during the drain are left for the next one.
  [[nodiscard]] TraceRecords drain();

  // The calls that have begun and not ended, by thread id, as of the last drain().
  using BegunCalls = std::unordered_map<std::int32_t, TracedCall>;
  [[nodiscard]] const BegunCalls& begun() const { return begun_; }

  // Returns whether no call is under way, and the last drain() left no record for the next one.
  [[nodiscard]] bool is_idle() const { return begun_.empty() && records_.empty(); }

 private:
  SyscallTrace() = default;

  Result<void> open_cpu(int cpu, const std::vector<Tracepoint>& tracepoints, const std::string& not_ours);
  void pair(const TraceRecord& record, std::vector<TracedCall>& calls);

  UniqueFd wake_up_;  // epoll, on all rings
  std::vector<PerfRing> rings_;
  std::vector<UniqueFd> events_;  // the events that write into the ring of another
  TraceDecoder decoder_;
  std::vector<TraceRecord> records_;  // too new for the last drain()
  BegunCalls begun_;
};

}  // namespace shmbus::agent
