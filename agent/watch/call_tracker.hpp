// Turns traced calls into what they did to which segment, and by whom.
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

// What one call did to one segment. A process that forks, execs or exits attaches or detaches without a call; how often
// and when, only a look at the segment tells, and so it is with every call whose process could not be asked for its IPC
// namespace any more: those are hints, and such a creation is one if the segment names the process.
struct TrackedCall {
  enum class Kind : std::uint8_t { kCreated, kMayHaveCreated, kAttached, kDetached, kSet, kRemoved, kHint };

  Kind kind = Kind::kHint;
  ShmId shmid = 0;
  Actor actor;       // its pid is always there
  SegmentStat made;  // of a creation, as far as the call tells it
};

// Owns the trace. One thread.
class CallTracker {
 public:
  explicit CallTracker(SyscallTrace trace);

  // Readable when there may be something to drain.
  [[nodiscard]] int descriptor() const { return trace_.descriptor(); }

  // Takes over what was called so far; next() gives it, in the order of time.
  void drain();
  std::optional<TrackedCall> next();

  // Whether a call about the segment waits for next() or is going on: then a look at the segment may show what will be
  // told once more. `new_key` is the key of a segment that is not known yet. As of the last drain().
  [[nodiscard]] bool concerns(ShmId shmid, std::optional<Key> new_key) const;
  [[nodiscard]] bool is_idle() const { return calls_.empty() && trace_.is_idle(); }

  // Whether records were lost since it was asked last. Then who has attached what is read anew.
  bool take_lost();

  // Forgets processes that went without being seen.
  void forget_the_gone();

 private:
  struct KnownProcess {  // of a process
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::optional<std::string> comm;
    std::optional<bool> shares_ours;  // our IPC namespace, when it could be asked last
  };

  void track(const TracedCall& call);
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
