#include "agent/trace/syscall_trace.hpp"

#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>

namespace shmbus::agent {
namespace {

constexpr std::size_t kRingPages = 128;                  // 512 KiB on each CPU
constexpr std::uint64_t kLongestCallNs = 1'000'000'000;  // after that, the end is taken for lost

// common_pid is a pid of the initial pid namespace, so the agent can leave itself out only if it is in that one.
std::string but_not_ours() {
  constexpr ino_t kFirstPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO
  struct stat status {};
  const bool known = ::stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == kFirstPidNamespace;
  return known ? "common_pid != " + std::to_string(::getpid()) : "common_pid != 0";
}

// The clock of the records, see use_clockid below.
std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now().time_since_epoch()).count());
}

Result<UniqueFd> open_event(const Tracepoint& tracepoint, int cpu, bool wakes, const std::string& filter) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = tracepoint.id;
  attributes.sample_period = 1;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  if (wakes) {
    attributes.wakeup_events = 1;
  } else {  // wakes only when half of the ring is full
    attributes.watermark = 1;
    attributes.wakeup_watermark = kRingPages / 2 * static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  }
  UniqueFd event(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) {
    return no_trace(errno, "perf_event_open");
  }
  if (!filter.empty() && ::ioctl(event.get(), PERF_EVENT_IOC_SET_FILTER, filter.c_str()) != 0) {
    return no_trace(errno, "cannot set a tracepoint's filter");
  }
  return event;
}

}  // namespace

Result<SyscallTrace> SyscallTrace::open() {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) {
    return tracefs.error();
  }
  SyscallTrace trace;
  std::vector<Tracepoint> tracepoints;
  for (const TraceRow& row : trace_rows()) {
    Result<Tracepoint> tracepoint = tracefs->find(row.name);
    if (!tracepoint) {
      return std::move(tracepoint).error();
    }
    trace.decoder_.add(row, *tracepoint);
    tracepoints.push_back(*std::move(tracepoint));
  }
  trace.wake_up_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!trace.wake_up_) {
    return no_trace(errno, "epoll");
  }
  const std::string not_ours = but_not_ours();
  for (int cpu = 0; cpu < static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF)); ++cpu) {
    Result<void> opened = trace.open_cpu(cpu, tracepoints, not_ours);
    if (!opened && opened.error().errno_value != ENODEV) {  // ENODEV: a CPU that is offline
      return std::move(opened).error();
    }
  }
  return trace;
}

Result<void> SyscallTrace::open_cpu(int cpu, const std::vector<Tracepoint>& tracepoints, const std::string& not_ours) {
  int ring = -1;
  for (std::size_t i = 0; i < tracepoints.size(); ++i) {
    const TraceRow& row = trace_rows()[i];
    Result<UniqueFd> event =
        open_event(tracepoints[i], cpu, row.wakes, row.filter.empty() ? not_ours : not_ours + " && " + row.filter);
    if (!event) {
      return std::move(event).error();
    }
    if (ring >= 0) {
      if (::ioctl(event->get(), PERF_EVENT_IOC_SET_OUTPUT, ring) != 0) {
        return no_trace(errno, "cannot share a perf ring buffer");
      }
      events_.push_back(*std::move(event));
      continue;
    }
    Result<PerfRing> mapped = PerfRing::map(*std::move(event), kRingPages);
    if (!mapped) {
      return std::move(mapped).error();
    }
    ring = mapped->descriptor();
    rings_.push_back(*std::move(mapped));
    epoll_event interest{.events = EPOLLIN, .data = {.fd = ring}};
    if (::epoll_ctl(wake_up_.get(), EPOLL_CTL_ADD, ring, &interest) != 0) {
      return no_trace(errno, "epoll");
    }
  }
  return {};
}

// The rings are read one after the other, and a thread may move to another CPU meanwhile. Records from after the start
// of the drain wait for the next one; otherwise the end of a call could be read before its begin.
TraceRecords SyscallTrace::drain() {
  const std::uint64_t now_ns = monotonic_ns();
  TraceRecords drained;
  for (PerfRing& ring : rings_) {
    drained.lost += ring.read([&](std::span<const std::byte> sample) {
      if (std::optional<TraceRecord> record = decoder_.decode(sample); record && record->call.pid != ::getpid()) {
        records_.push_back(*record);
      }
    });
  }
  std::stable_sort(records_.begin(), records_.end(),
                   [](const TraceRecord& a, const TraceRecord& b) { return a.call.time_ns < b.call.time_ns; });
  const auto late = std::find_if(records_.begin(), records_.end(),
                                 [now_ns](const TraceRecord& record) { return record.call.time_ns > now_ns; });
  std::for_each(records_.begin(), late, [&](const TraceRecord& record) { pair(record, drained.calls); });
  records_.erase(records_.begin(), late);
  // The end of a call may be among the lost records.
  std::erase_if(begun_, [=](const auto& entry) { return entry.second.time_ns + kLongestCallNs < now_ns; });
  return drained;
}

// A call is complete once both of its records have arrived.
void SyscallTrace::pair(const TraceRecord& record, std::vector<TracedCall>& calls) {
  if (record.phase == TracePhase::kWhole) {
    calls.push_back(record.call);
    return;
  }
  if (record.phase == TracePhase::kBegin) {
    begun_[record.tid] = record.call;
    return;
  }
  const auto begun = begun_.find(record.tid);
  if (begun == begun_.end()) {
    return;
  }
  TracedCall call = begun->second;
  begun_.erase(begun);
  const bool is_control = call.kind == TracedKind::kSet || call.kind == TracedKind::kRemove;
  if (record.failed || is_control != record.is_control || (!is_control && call.kind != record.call.kind)) {
    return;
  }
  call.time_ns = record.call.time_ns;
  if (call.kind == TracedKind::kGet) {
    call.shmid = record.call.shmid;
  } else if (call.kind == TracedKind::kAttach) {
    call.address = record.call.address;
  }
  calls.push_back(call);
}

}  // namespace shmbus::agent
