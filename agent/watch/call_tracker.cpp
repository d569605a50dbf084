#include "agent/watch/call_tracker.hpp"

#include <algorithm>

#include "agent/system/process.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kMostProcesses = 65536;  // remembered; beyond that all are read again

SegmentStat made_by(const TracedCall& call, const Actor& actor) {
  SegmentStat stat;
  stat.shm_key = call.key;
  stat.shm_shmid = call.shmid;
  stat.shm_segsz = call.size;
  stat.mode = call.mode;
  stat.uid = stat.cuid = actor.uid.value_or(0);
  stat.gid = stat.cgid = actor.gid.value_or(0);
  stat.shm_cpid = call.pid;
  return stat;
}

}  // namespace

CallTracker::CallTracker(SyscallTrace trace) : trace_(std::move(trace)) { read_attachments(); }

void CallTracker::drain() {
  const TraceRecords records = trace_.drain();
  lost_ = lost_ || records.lost > 0;
  for (const TracedCall& call : records.calls) {
    track(call);
  }
}

std::optional<TrackedCall> CallTracker::next() {
  if (calls_.empty()) {
    return std::nullopt;
  }
  TrackedCall call = std::move(calls_.front());
  calls_.pop_front();
  return call;
}

bool CallTracker::concerns(ShmId shmid, std::optional<Key> new_key) const {
  const auto& begun = trace_.begun();
  return std::any_of(calls_.begin(), calls_.end(), [&](const TrackedCall& call) { return call.shmid == shmid; }) ||
         std::any_of(begun.begin(), begun.end(), [&](const auto& entry) {
           const TracedCall& call = entry.second;
           switch (call.kind) {
             case TracedKind::kGet:
               return call.key == new_key;
             case TracedKind::kDetach:
               return attachments_.at(call.pid, call.address) == shmid;
             default:
               return call.shmid == shmid;
           }
         });
}

bool CallTracker::take_lost() {
  const bool lost = std::exchange(lost_, false);
  if (lost) {
    read_attachments();
  }
  return lost;
}

void CallTracker::forget_the_gone() {
  for (const std::int32_t pid : attachments_.processes()) {
    if (!shares_our_segments(pid)) {
      attachments_.leave(pid);
    }
  }
}

void CallTracker::read_attachments() {
  attachments_ = {};
  for (const MappedSegment& mapped : mapped_segments()) {
    attachments_.attach(mapped.pid, mapped.address, mapped.shmid);
  }
}

void CallTracker::track(const TracedCall& call) {
  using Kind = TrackedCall::Kind;
  if (call.kind == TracedKind::kFork || call.kind == TracedKind::kExec || call.kind == TracedKind::kExit) {
    track_process(call);
    return;
  }
  const std::optional<bool> ours = shares_ours(call.pid);
  if (!ours.value_or(true)) {
    return;
  }
  TrackedCall tracked{.kind = Kind::kHint, .shmid = call.shmid, .actor = actor_of(call.pid), .made = {}};
  if (call.kind == TracedKind::kAttach) {
    attachments_.attach(call.pid, call.address, call.shmid);
    tracked.kind = Kind::kAttached;
  } else if (call.kind == TracedKind::kDetach) {
    const std::optional<ShmId> shmid = attachments_.detach(call.pid, call.address);
    if (!shmid) {
      return;  // attached before the trace began and not found in maps; the scan finds the change
    }
    tracked.shmid = *shmid;
    tracked.kind = Kind::kDetached;
  } else if (call.kind == TracedKind::kGet) {
    tracked.made = made_by(call, tracked.actor);
    tracked.kind = Kind::kCreated;
  } else {
    tracked.kind = call.kind == TracedKind::kSet ? Kind::kSet : Kind::kRemoved;
  }
  if (!ours) {  // gone, and possibly of another namespace
    tracked.kind = call.kind == TracedKind::kGet ? Kind::kMayHaveCreated : Kind::kHint;
  }
  calls_.push_back(std::move(tracked));
}

// Runs for every process of the host, so it does little for the many that have nothing attached.
void CallTracker::track_process(const TracedCall& call) {
  const bool forks = call.kind == TracedKind::kFork;
  if (attachments_.has_any(call.pid)) {
    const Actor actor = actor_of(call.pid);
    const ProcessAttachments::Counts counts =
        forks ? attachments_.fork(call.pid, call.child) : attachments_.leave(call.pid);
    for (const auto& [shmid, count] : counts) {
      calls_.push_back({.kind = TrackedCall::Kind::kHint, .shmid = shmid, .actor = actor, .made = {}});
    }
  }
  if (forks) {
    const std::optional<bool> own = shares_our_segments(call.child);  // read at once, as the child may exit soon
    known(call.child).shares_ours = own ? own : shares_our_segments(call.pid);
  } else {
    processes_.erase(call.pid);  // after exec its name differs, and perhaps its ids
  }
}

CallTracker::KnownProcess& CallTracker::known(std::int32_t pid) {
  if (processes_.size() >= kMostProcesses) {
    processes_.clear();
  }
  return processes_[pid];
}

Actor CallTracker::actor_of(std::int32_t pid) {
  KnownProcess& process = known(pid);
  if (!process.comm) {
    if (const std::optional<ProcessIds> ids = process_ids(pid)) {
      process.uid = ids->uid;
      process.gid = ids->gid;
    }
    process.comm = process_name(pid);
  }
  return {.uid = process.uid, .gid = process.gid, .pid = pid, .comm = process.comm, .principal = {}};
}

// For a process that is gone, the last value read counts.
std::optional<bool> CallTracker::shares_ours(std::int32_t pid) {
  KnownProcess& process = known(pid);
  if (const std::optional<bool> now = shares_our_segments(pid)) {
    process.shares_ours = now;
  }
  return process.shares_ours;
}

}  // namespace shmbus::agent
