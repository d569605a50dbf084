// A tracker that turns traced system calls into changes of segments, each with its actor.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "agent/trace/syscall_trace.hpp"
#include "agent/watch/process_attachments.hpp"
#include "protocol/events.hpp"

namespace shmbus::agent {

// One call and its effect on one segment. Two kinds are not certain:
//  - kHint: the process may have changed the segment, and reading it shows whether it did. A process that forks, execs
//    or exits attaches or detaches without a call, at a time that is not known. Any call is a hint if its process was
//    gone before its IPC namespace could be read, because the id may be one of another namespace.
//  - kMayHaveCreated: a creation by such a process. It counts if the segment is still there and names the process as
//    its creator (shm_cpid).
struct TrackedCall {
  enum class Kind : std::uint8_t { kCreated, kMayHaveCreated, kAttached, kDetached, kSet, kRemoved, kHint };

  Kind kind = Kind::kHint;
  ShmId shmid = 0;
  Actor actor;       // always with a pid; uid, gid and comm are missing if the process was gone
  SegmentStat made;  // for a creation: the new segment as far as the call shows it; an unknown uid or gid is 0
};

// SyscallTrace reports calls with pids and addresses. The tracker adds what a published change needs:
//  - the actor, read from /proc while the process exists;
//  - the segment of a call that names none, from a table of all attachments (ProcessAttachments);
//  - a filter: calls of processes in other IPC namespaces are dropped.
//
// drain() takes calls over from the trace, and next() hands them out in the order in which they ended. Between the
// begin and the end of a call the segment may have changed already, so a state read meanwhile must not be compared with
// the known one. concerns() returns whether that holds for a segment.
//
// Owns the trace. One thread; reads /proc, and never fails because a process is gone.
class CallTracker {
 public:
  // Reads the present attachments of all processes from /proc/PID/maps (proc(5)).
  explicit CallTracker(SyscallTrace trace);

  // A descriptor, owned by the trace, that is readable when there may be calls to drain.
  [[nodiscard]] int descriptor() const { return trace_.descriptor(); }

  // Takes over the calls that have ended so far.
  void drain();
  // Returns the next drained call and drops it here; nothing if none is left.
  std::optional<TrackedCall> next();

  // Returns whether a call about the segment is in progress or waits for next(), as of the last drain(). Reading the
  // segment may then show a change that the call will report again. `new_key` is the key of a segment that is not known
  // yet: it may be the result of an shmget(2) in progress, which has no id so far.
  [[nodiscard]] bool concerns(ShmId shmid, std::optional<Key> new_key) const;
  // Returns whether no call is in progress or waits for next() or drain(), as of the last drain().
  [[nodiscard]] bool is_idle() const { return calls_.empty() && trace_.is_idle(); }

  // Returns whether the kernel lost records since the last call. If so, reads the attachments of all processes again.
  bool take_lost();

  // Drops the attachments of processes that are gone although no exit was traced.
  void forget_the_gone();

 private:
  struct KnownProcess {  // facts from /proc, kept for when the process is gone
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::optional<std::string> comm;
    std::optional<bool> shares_ours;  // whether it is in our IPC namespace, when last read
  };

  void track(const TracedCall& call);
  // Tracks a fork, exec or exit.
  void track_process(const TracedCall& call);
  void read_attachments();
  KnownProcess& known(std::int32_t pid);
  Actor actor_of(std::int32_t pid);
  std::optional<bool> shares_ours(std::int32_t pid);

  SyscallTrace trace_;
  ProcessAttachments attachments_;
  std::unordered_map<std::int32_t, KnownProcess> processes_;
  std::deque<TrackedCall> calls_;
  bool lost_ = false;
};

}  // namespace shmbus::agent
