#include "agent/watch/segment_feed.hpp"

#include <algorithm>

namespace shmbus::agent {

SegmentFeed::SegmentFeed(ShmKernel& kernel, EventPublisher& publisher) : kernel_(kernel), publisher_(publisher) {}

void SegmentFeed::take_baseline() { watcher_.compare(kernel_.list()); }

void SegmentFeed::look_at_all() { publish(watcher_.compare(kernel_.list()), {}, {}); }

void SegmentFeed::look_at(ShmId shmid) { report(shmid, {}, {}); }

void SegmentFeed::look_at_key(Key key) {
  if (const std::optional<ShmId> shmid = watcher_.id_of(key)) {
    look_at(*shmid);
  }
}

void SegmentFeed::report(ShmId shmid, std::initializer_list<EventKind> kinds, const Actor& actor) {
  const std::optional<SegmentStat> now = look(shmid);
  if (now && !now->marked) {  // the key's former segment goes before this one comes
    if (const std::optional<ShmId> former = watcher_.id_of(now->shm_key); former && *former != shmid) {
      publish(watcher_.compare_one(*former, look(*former)), {}, {});
    }
  }
  publish(watcher_.compare_one(shmid, now), kinds, actor);
}

void SegmentFeed::report_created(const SegmentStat& made, const Actor& actor) {
  report(made.shm_shmid, {EventKind::kCreated}, actor);
  if (watcher_.known(made.shm_shmid) == nullptr) {
    publish(watcher_.compare_one(made.shm_shmid, made), {EventKind::kCreated}, actor);
    look_at(made.shm_shmid);
  }
}

std::optional<SegmentStat> SegmentFeed::look(ShmId shmid) {
  const Result<SegmentStat> found = kernel_.look(shmid);
  return found ? std::optional(*found) : std::nullopt;
}

void SegmentFeed::publish(const std::vector<SegmentChange>& changes, std::initializer_list<EventKind> kinds,
                          const Actor& actor) {
  for (const SegmentChange& change : changes) {
    const bool by_bus = std::find(kinds.begin(), kinds.end(), change.kind) != kinds.end();
    publish(change, by_bus ? EventSource::kBus : EventSource::kKernel, by_bus ? actor : Actor{});
  }
}

void SegmentFeed::report_written(ShmId shmid, std::uint64_t offset, std::uint64_t length, const Actor& actor) {
  if (watcher_.known(shmid) == nullptr) {
    look_at(shmid);
  }
  Event event;
  event.kind = EventKind::kWritten;
  event.source = EventSource::kBus;
  const SegmentStat* const known = watcher_.known(shmid);
  event.shm_key = known != nullptr ? known->shm_key : kPrivateKey;
  event.shm_shmid = shmid;
  event.actor = actor;
  event.offset = offset;
  event.length = length;
  publisher_.publish(std::move(event));
}

SegmentStat SegmentFeed::with_original_key(SegmentStat stat) const {
  if (stat.marked) {
    if (const SegmentStat* const known = watcher_.known(stat.shm_shmid)) {
      stat.shm_key = known->shm_key;
    }
  }
  return stat;
}

void SegmentFeed::publish(const SegmentChange& change, EventSource source, const Actor& actor) {
  Event event;
  event.kind = change.kind;
  event.source = source;
  event.shm_key = change.stat.shm_key;
  event.shm_shmid = change.stat.shm_shmid;
  event.stat = change.stat;
  event.changed = change.changed;
  event.actor = actor;
  publisher_.publish(std::move(event));
}

}  // namespace shmbus::agent
