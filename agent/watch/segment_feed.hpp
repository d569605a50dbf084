// Looks at segments and publishes what it finds: the one way by which changes become events, whoever made them.
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

// Owns the known state; borrows the kernel and the publisher, which must outlive it. One thread.
class SegmentFeed {
 public:
  SegmentFeed(ShmKernel& kernel, EventPublisher& publisher);

  // From now on calls are told by `tracker`, each with who made it; looking then tells what is left over.
  void trust(std::unique_ptr<CallTracker> tracker);

  // Takes what exists as the baseline, without events.
  void take_baseline();

  // Looks at every segment, at one, or at the one known by `key`; publishes what others did. The first returns whether
  // there was anything.
  bool look_at_all();
  void look_at(ShmId shmid);
  void look_at_key(Key key);

  // Looks at every segment for a list of the ids after `after`, unless one is given and there was a look for a list
  // less than a second ago: that of the first page, mostly. With 30 000 segments such looks would be most of the work.
  // Returns whether it looked.
  bool look_for_list(std::optional<ShmId> after, Clock::time_point now);

  // Publishes the calls that were tracked since the last time, and what a look at their segments tells besides.
  // Requires a tracker. Returns whether more looks are needed: a call is going on, or what a process that ended had
  // attached is not yet detached.
  bool follow_calls();

  // Forgets who ended without being seen. Now and then.
  void forget_the_gone();

  // Looks at a segment; publishes what an operation of `actor` did to it, then what others did.
  void report(ShmId shmid, const Effect& effect, const Actor& actor);

  // Publishes that a caller made the segment `made`, which may be gone already.
  void report_created(const SegmentStat& made, const Actor& actor);

  // Publishes that a caller wrote.
  void report_written(ShmId shmid, std::uint64_t offset, std::uint64_t length, Actor actor);

  // The agent attached the segment for a moment, which is no event.
  void touched_by_us(ShmId shmid) { watcher_.touched_by_us(shmid); }

  // `stat` with the key that the segment had before it was marked, as far as it is known.
  [[nodiscard]] SegmentStat with_original_key(SegmentStat stat) const;

  [[nodiscard]] const SegmentWatcher& watcher() const { return watcher_; }

 private:
  // Who is known to have done something to a segment that only a look tells.
  struct Candidates {
    std::vector<Actor> setters;
    std::vector<Actor> others;  // processes that forked, ended, or could not be asked who they are
    int looks = 0;
  };

  std::optional<SegmentStat> look(ShmId shmid);
  std::optional<SegmentStat> look_and_drain(ShmId shmid);
  // Publishes what others did, going by what a look has just seen.
  void take_look(ShmId shmid, const std::optional<SegmentStat>& now);
  [[nodiscard]] std::optional<Key> key_if_new(ShmId shmid, const std::optional<SegmentStat>& now) const;
  void look_at_former(const SegmentStat& young);
  std::unordered_set<ShmId> unsettled(const std::vector<SegmentStat>& listing);

  void replay_calls();
  void replay(const TrackedCall& call);
  void replay_created(const TrackedCall& call, const std::optional<SegmentStat>& actual);

  void publish(const std::vector<SegmentChange>& changes, EventSource source, const Actor& actor);
  void publish_attributed(ShmId shmid, const std::vector<SegmentChange>& changes);
  void publish(const SegmentChange& change, EventSource source, const Actor& actor);
  void publish_missed(const UnseenIds& unseen);

  ShmKernel& kernel_;
  EventPublisher& publisher_;
  SegmentWatcher watcher_;
  std::unique_ptr<CallTracker> tracker_;  // none: changes are found by looking alone
  std::unordered_map<ShmId, Candidates> candidates_;
  std::optional<Clock::time_point> last_list_look_;
};

}  // namespace shmbus::agent
