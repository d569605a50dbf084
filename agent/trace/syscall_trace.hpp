// Who called what: the shm system calls of all processes, and processes that fork, exec or exit, as the kernel's
// tracepoints tell them. An alarm, not the truth: records can be lost, and the calls of other IPC
// namespaces are seen too. Sources: perf_event_open(2), Documentation/trace/events.rst.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/trace/perf_ring.hpp"
#include "agent/trace/trace_decoder.hpp"

namespace shmbus::agent {

// What came up to a drain and was not told before: calls that ended, in the order of time.
struct TraceRecords {
  std::vector<TracedCall> calls;
  std::uint64_t lost = 0;  // records that the kernel had no room for
};

// The tracepoints of trace_decoder.hpp on every CPU. One thread.
class SyscallTrace {
 public:
  // Errors: kUnsupported with what is missing: rights (root; or CAP_PERFMON, CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH) or
  // the kernel's support.
  [[nodiscard]] static Result<SyscallTrace> open();

  // Readable when another process called what can change a segment, or a process came or went.
  [[nodiscard]] int descriptor() const { return wake_up_.get(); }

  [[nodiscard]] TraceRecords drain();

  // The calls that have begun and not ended, by thread, as of the last drain.
  using BegunCalls = std::unordered_map<std::int32_t, TracedCall>;
  [[nodiscard]] const BegunCalls& begun() const { return begun_; }

  // Whether nothing has begun, and nothing came during the last drain that is told by the next.
  [[nodiscard]] bool is_idle() const { return begun_.empty() && records_.empty(); }

 private:
  SyscallTrace() = default;

  Result<void> open_cpu(int cpu, const std::vector<Tracepoint>& tracepoints, const std::string& not_ours);
  void pair(const TraceRecord& record, std::vector<TracedCall>& calls);

  UniqueFd wake_up_;  // epoll, on all rings
  std::vector<PerfRing> rings_;
  std::vector<UniqueFd> events_;  // those that write into another's ring
  TraceDecoder decoder_;
  std::vector<TraceRecord> records_;  // that came too late for the last drain
  BegunCalls begun_;
};

}  // namespace shmbus::agent
