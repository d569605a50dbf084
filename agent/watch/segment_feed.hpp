// Looks at segments and publishes what it finds: the one way by which changes become events, whoever made them.
#pragma once

#include <initializer_list>

#include "agent/event_publisher.hpp"
#include "agent/kernel/shm_kernel.hpp"
#include "agent/watch/segment_watcher.hpp"

namespace shmbus::agent {

// Owns the known state; borrows the kernel and the publisher, which must outlive it. One thread.
class SegmentFeed {
 public:
  SegmentFeed(ShmKernel& kernel, EventPublisher& publisher);

  // Takes what exists as the baseline, without events.
  void take_baseline();

  // Looks at every segment, at one, or at the one known by `key`; publishes what others did.
  void look_at_all();
  void look_at(ShmId shmid);
  void look_at_key(Key key);

  // Looks at a segment after an operation of the bus: changes of `kinds` were made by `actor`, others by others.
  void report(ShmId shmid, std::initializer_list<EventKind> kinds, const Actor& actor);

  // Publishes that a caller made the segment `made`, which may be gone already.
  void report_created(const SegmentStat& made, const Actor& actor);

  // Publishes that a caller wrote.
  void report_written(ShmId shmid, std::uint64_t offset, std::uint64_t length, const Actor& actor);

  // `stat` with the key that the segment had before it was marked, as far as it is known.
  [[nodiscard]] SegmentStat with_original_key(SegmentStat stat) const;

  [[nodiscard]] const SegmentWatcher& watcher() const { return watcher_; }

 private:
  std::optional<SegmentStat> look(ShmId shmid);
  void publish(const std::vector<SegmentChange>& changes, std::initializer_list<EventKind> kinds, const Actor& actor);
  void publish(const SegmentChange& change, EventSource source, const Actor& actor);

  ShmKernel& kernel_;
  EventPublisher& publisher_;
  SegmentWatcher watcher_;
};

}  // namespace shmbus::agent
