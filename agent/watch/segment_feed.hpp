// A feed that reads segments and publishes every change as an event, whoever made it.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/events/event_publisher.hpp"
#include "agent/kernel/shm_kernel.hpp"
#include "agent/watch/call_tracker.hpp"
#include "agent/watch/effect.hpp"
#include "agent/watch/segment_watcher.hpp"

namespace shmbus::agent {

// Owns the known state of all segments (SegmentWatcher). A reading is compared with that state, the differences are
// published, and the reading becomes the known state. Every change takes this path, so none is published twice, and the
// `changed` fields of an event continue from those of the one before. Contents are not compared: the agent cannot see
// writes into mapped memory, and publishes only the writes that it carries out itself.
//
// Changes come from three sources:
//  - Reading all segments (a scan) or one of them. The differences have no actor, unless a candidate (see below)
//    explains one.
//  - An operation of a caller. It reports its Effect, which is applied to the known state and published with the caller
//    as the actor. The segment is then read for changes that others made at the same time.
//  - A traced call, if there is a CallTracker. Calls are replayed in the order in which they ended, each as an Effect
//    with its actor. Every reading replays first. A segment with a call in progress is left alone, because the change
//    would be published a second time when the call ends; follow_calls() reads it again later.
//
// Some causes name a process but no exact change: an exit, a fork, an IPC_SET. They make the process a candidate for
// the segment, and a difference that fits, found by a later reading, is attributed to it. A process that exited stays a
// candidate until its attachments are gone, but only for a fixed number of readings.
//
// A segment that cannot be read counts as removed. Borrows the kernel and the publisher, which must outlive it. One
// thread.
class SegmentFeed {
 public:
  SegmentFeed(ShmKernel& kernel, EventPublisher& publisher);

  // Takes traced calls from `tracker` from now on. Call it before take_baseline().
  void trust(std::unique_ptr<CallTracker> tracker);

  // Takes the segments that exist as the known state and publishes nothing. With a tracker it repeats the scan until no
  // call is in progress, up to a fixed number of times.
  void take_baseline();

  // Reads every segment, one segment, or the segment known to have `key`, and publishes the changes of others. The
  // first returns whether the scan found a change; replayed calls do not count.
  bool look_at_all();
  void look_at(ShmId shmid);
  void look_at_key(Key key);

  // Scans every segment for a page of a list, which begins after the id `after`. A further page (`after` is given)
  // needs no scan within a second of the last one for a list; with 30 000 segments such scans would be most of the
  // work. The page may then lack changes that are neither traced nor made through the bus. Returns whether it scanned.
  bool look_for_list(std::optional<ShmId> after, Clock::time_point now);

  // Publishes the calls tracked since the last time, then reads the segments with candidates or open calls and
  // publishes the differences that no call explains. If the kernel lost records, publishes one `missed` of unknown ids
  // and scans. Returns whether to follow again later: a call is in progress, or a process that exited is not detached
  // yet. Requires a tracker.
  bool follow_calls();

  // Takes note that a reading or a replay was broken off for lack of memory, so that changes may have been lost. The
  // next scan publishes one `missed` of unknown ids first.
  void doubt() { is_in_doubt_ = true; }

  // Drops the attachments of processes whose exit was not traced. Reads /proc for each process, so call it only now and
  // then. Does nothing without a tracker.
  void forget_the_gone();

  // Reads a segment and publishes the `effect` that an operation of `actor` had on it, then the changes of others.
  void report(ShmId shmid, const Effect& effect, const Actor& actor);

  // Publishes that an operation of `actor` created the segment `made`, even if it is gone already. If its key has a
  // known former segment, the removal of that one is published first.
  void report_created(const SegmentStat& made, const Actor& actor);

  // Publishes that an operation of `actor` wrote `length` bytes at `offset`. The known state stays as it is.
  void report_written(ShmId shmid, std::uint64_t offset, std::uint64_t length, Actor actor);

  // Takes note that the agent itself attached the segment for a moment, which is no event.
  void touched_by_us(ShmId shmid) { watcher_.touched_by_us(shmid); }

  // Returns `stat` with the key that the segment had before it was marked, if that is known.
  [[nodiscard]] SegmentStat with_original_key(SegmentStat stat) const;

  [[nodiscard]] const SegmentWatcher& watcher() const { return watcher_; }

 private:
  // The processes that may have changed a segment in a way that only reading it shows.
  struct Candidates {
    std::vector<Actor> setters;  // called IPC_SET, SHM_LOCK or SHM_UNLOCK
    std::vector<Actor> others;   // forked, exited or called exec, or were gone before their namespace could be read
    int looks = 0;               // readings so far that left some of `others` over
  };

  std::optional<SegmentStat> look(ShmId shmid);
  // Reads a segment, then drains the tracker, so that calls made during the reading are known.
  std::optional<SegmentStat> look_and_drain(ShmId shmid);
  // Publishes the changes of others, given the state just read. Defers that while a call about the segment is open.
  // Requires that the tracker was drained after the reading.
  void take_look(ShmId shmid, const std::optional<SegmentStat>& now);
  [[nodiscard]] std::optional<Key> key_if_new(ShmId shmid, const std::optional<SegmentStat>& now) const;
  // Reads the segment that had the key of `young` before, so that its removal is published before the creation.
  void look_at_former(const SegmentStat& young);
  // Returns the segments of which a listing cannot be compared yet, because a call about them is in progress.
  std::unordered_set<ShmId> unsettled(const std::vector<SegmentStat>& listing);

  void replay_calls();
  // Publishes the effect of one call. Where a call has no certain effect, adds its process to the candidates.
  void replay(const TrackedCall& call);
  void replay_created(const TrackedCall& call, const std::optional<SegmentStat>& actual);

  void publish(const std::vector<SegmentChange>& changes, EventSource source, const Actor& actor);
  // Publishes the differences that a reading showed, each with its actor as far as a candidate explains it.
  void publish_attributed(ShmId shmid, const std::vector<SegmentChange>& changes);
  void publish(const SegmentChange& change, EventSource source, const Actor& actor);
  void publish_missed(const UnseenIds& unseen);

  ShmKernel& kernel_;
  EventPublisher& publisher_;
  SegmentWatcher watcher_;
  std::unique_ptr<CallTracker> tracker_;  // null: changes are found by reading alone
  std::unordered_map<ShmId, Candidates> candidates_;
  std::optional<Clock::time_point> last_list_look_;
  bool is_in_doubt_ = false;
};

}  // namespace shmbus::agent
