#include "agent/trace/trace_decoder.hpp"

#include <sched.h>
#include <sys/ipc.h>

#include <cstring>

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kFirstErrno = static_cast<std::uint64_t>(-4095);  // from here on a result is -errno
constexpr int kShmLock = 11;                                              // <sys/shm.h> belongs to sysv_kernel
constexpr int kShmUnlock = 12;
static_assert(IPC_RMID == 0 && IPC_SET == 1 && IPC_CREAT == 0x200);  // as the filters spell them

template <class T>
T value_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value{};
  if (offset <= bytes.size() && bytes.size() - offset >= sizeof value) {
    std::memcpy(&value, bytes.data() + offset, sizeof value);
  }
  return value;
}

}  // namespace

const std::vector<TraceRow>& trace_rows() {
  using enum TracedKind;
  using enum TracePhase;
  static const std::string commands =
      "(cmd == 0 || cmd == 1 || cmd == " + std::to_string(kShmLock) + " || cmd == " + std::to_string(kShmUnlock) + ")";
  static const std::string no_threads = "!(clone_flags & " + std::to_string(CLONE_THREAD) + ")";
  static const std::vector<TraceRow> rows{
      // A begin wakes the agent if its arguments show that something may change; otherwise the end does. The ends of
      // failed calls are wanted too, or those calls would seem to go on. The filter of shmctl leaves out most results
      // of SHM_STAT, which are above 0.
      {"syscalls/sys_enter_shmget", kGet, kBegin, false, true, "shmflg & 0x200", {"key", "size", "shmflg"}},
      {"syscalls/sys_exit_shmget", kGet, kEnd, false, false, "", {"ret"}},
      {"syscalls/sys_enter_shmctl", kSet, kBegin, true, true, commands, {"shmid", "cmd"}},
      {"syscalls/sys_exit_shmctl", kSet, kEnd, true, false, "ret <= 0", {"ret"}},
      {"syscalls/sys_enter_shmat", kAttach, kBegin, false, false, "", {"shmid"}},
      {"syscalls/sys_exit_shmat", kAttach, kEnd, false, true, "", {"ret"}},
      {"syscalls/sys_enter_shmdt", kDetach, kBegin, false, false, "", {"shmaddr"}},
      {"syscalls/sys_exit_shmdt", kDetach, kEnd, false, true, "", {"ret"}},
      {"task/task_newtask", kFork, kWhole, false, true, no_threads, {"pid"}},
      {"sched/sched_process_exec", kExec, kWhole, false, true, "", {}},
      {"sched/sched_process_exit", kExit, kWhole, false, true, "", {"group_dead"}},
  };
  return rows;
}

void TraceDecoder::add(const TraceRow& row, const Tracepoint& tracepoint) {
  Source source{.row = &row, .offsets = {}};
  for (const std::string& field : row.fields) {
    source.offsets.push_back(tracepoint.offset_of(field));
  }
  sources_.insert_or_assign(tracepoint.id, std::move(source));
}

// A sample has pid, tid, time, the size of the raw record, and the raw record, which begins with the tracepoint's id.
std::optional<TraceRecord> TraceDecoder::decode(std::span<const std::byte> sample) const {
  constexpr std::size_t kRawAt = 20;
  if (sample.size() < kRawAt) {
    return std::nullopt;
  }
  const auto raw = sample.subspan(kRawAt);
  const auto found = sources_.find(value_at<std::uint16_t>(raw, 0));
  if (found == sources_.end()) {
    return std::nullopt;
  }
  const TraceRow& row = *found->second.row;
  const std::vector<std::size_t>& offsets = found->second.offsets;
  const auto field = [&](std::size_t index) { return value_at<std::uint64_t>(raw, offsets[index]); };
  TraceRecord record{
      .call = {}, .tid = value_at<std::int32_t>(sample, 4), .phase = row.phase, .is_control = row.is_control};
  TracedCall& call = record.call;
  call.kind = row.kind;
  call.pid = value_at<std::int32_t>(sample, 0);
  call.time_ns = value_at<std::uint64_t>(sample, 8);
  if (record.phase == TracePhase::kEnd) {
    call.shmid = static_cast<ShmId>(field(0));
    call.address = field(0);
    record.failed = field(0) >= kFirstErrno;
    return record;
  }
  switch (call.kind) {
    case TracedKind::kGet:
      call.key = static_cast<Key>(field(0));
      call.size = field(1);
      call.mode = Mode{static_cast<std::uint16_t>(field(2) & kModeBits)};
      break;
    case TracedKind::kAttach:
      call.shmid = static_cast<ShmId>(field(0));
      break;
    case TracedKind::kDetach:
      call.address = field(0);
      break;
    case TracedKind::kSet:
    case TracedKind::kRemove:
      call.shmid = static_cast<ShmId>(field(0));
      call.kind = static_cast<int>(field(1)) == IPC_RMID ? TracedKind::kRemove : TracedKind::kSet;
      break;
    case TracedKind::kFork:
      call.child = value_at<std::int32_t>(raw, offsets[0]);
      break;
    case TracedKind::kExit: {
      // Kernels before 6.16 record the exit of every thread and do not mark the last. There the main thread counts.
      const bool tells = offsets[0] != Tracepoint::kAbsent;
      if (tells ? value_at<std::uint8_t>(raw, offsets[0]) == 0 : call.pid != record.tid) {
        return std::nullopt;
      }
      break;
    }
    case TracedKind::kExec:
      break;
  }
  return record;
}

}  // namespace shmbus::agent
