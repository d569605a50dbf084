#include "agent/watch/segment_feed.hpp"

#include <algorithm>
#include <utility>

namespace shmbus::agent {
namespace {

constexpr int kMostBaselineTries = 1000;
constexpr std::chrono::seconds kListIsFresh{1};
constexpr int kMostLooksInVain = 12;  // readings until the other candidates are dropped; with their pauses about 4 s

// Returns the candidate that made `change` and removes it from `candidates`. The segment names the process that
// attached or detached last.
std::optional<Actor> attribute(const SegmentChange& change, std::vector<Actor>& candidates) {
  const bool is_removal = change.kind == EventKind::kRemoved;
  if (!is_removal && change.kind != EventKind::kAttached && change.kind != EventKind::kDetached) {
    return std::nullopt;
  }
  const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Actor& candidate) {
    return candidate.pid == change.stat.shm_lpid || (is_removal && candidates.size() == 1);
  });
  if (found == candidates.end()) {
    return std::nullopt;
  }
  Actor actor = std::move(*found);
  candidates.erase(found);
  return actor;
}

}  // namespace

SegmentFeed::SegmentFeed(ShmKernel& kernel, EventPublisher& publisher)
    : kernel_(kernel), publisher_(publisher), watcher_(static_cast<ShmId>(kernel.limits().slots)) {}

void SegmentFeed::trust(std::unique_ptr<CallTracker> tracker) {
  tracker_ = std::move(tracker);
  watcher_.ignore_visits();
}

void SegmentFeed::take_baseline() {
  watcher_.compare(kernel_.list());
  // A call made during the listing may or may not be in it, so list again until there is none.
  for (int tries = 0; tracker_ && tries < kMostBaselineTries; ++tries) {
    tracker_->drain();
    if (tracker_->is_idle()) {
      return;
    }
    while (tracker_->next()) {
    }
    watcher_.compare(kernel_.list());
  }
}

bool SegmentFeed::look_at_all() {
  if (std::exchange(is_in_doubt_, false)) {
    publish_missed({.from = 0, .to = 0, .at_least = 1});
  }
  replay_calls();
  const std::vector<SegmentStat> listing = kernel_.list();
  const std::vector<SegmentChange> changes = watcher_.compare(listing, unsettled(listing));
  if (const std::optional<UnseenIds> unseen = watcher_.take_unseen()) {
    publish_missed(*unseen);
  }
  publish(changes, EventSource::kKernel, {});
  return !changes.empty();
}

void SegmentFeed::look_at(ShmId shmid) {
  replay_calls();
  take_look(shmid, look_and_drain(shmid));
}

void SegmentFeed::take_look(ShmId shmid, const std::optional<SegmentStat>& now) {
  if (tracker_ && tracker_->concerns(shmid, key_if_new(shmid, now))) {
    candidates_.try_emplace(shmid);  // so that it is read again when the call has ended
    return;
  }
  if (now && !now->marked) {
    look_at_former(*now);
  }
  publish_attributed(shmid, watcher_.compare_one(shmid, now));
}

void SegmentFeed::look_at_key(Key key) {
  if (const std::optional<ShmId> shmid = watcher_.id_of(key)) {
    look_at(*shmid);
  }
}

bool SegmentFeed::look_for_list(std::optional<ShmId> after, Clock::time_point now) {
  if (after && last_list_look_ && now - *last_list_look_ < kListIsFresh) {
    replay_calls();
    return false;
  }
  look_at_all();
  last_list_look_ = now;
  return true;
}

bool SegmentFeed::follow_calls() {
  replay_calls();
  if (tracker_->take_lost()) {
    publish_missed({.from = 0, .to = 0, .at_least = 1});  // the segments and the number of changes are unknown
    look_at_all();
  }
  std::vector<std::pair<ShmId, std::optional<SegmentStat>>> looks;
  for (const auto& [shmid, candidates] : candidates_) {
    looks.emplace_back(shmid, look(shmid));
  }
  tracker_->drain();
  for (const auto& [shmid, now] : looks) {
    take_look(shmid, now);
  }
  return !candidates_.empty() || !tracker_->is_idle();
}

void SegmentFeed::forget_the_gone() {
  if (tracker_) {
    tracker_->forget_the_gone();
  }
}

void SegmentFeed::report(ShmId shmid, const Effect& effect, const Actor& actor) {
  replay_calls();
  const std::optional<SegmentStat> now = look_and_drain(shmid);
  if (const SegmentStat* const before = watcher_.known(shmid)) {
    watcher_.touched_by_us(shmid);  // else the times set by others would look like a visit of the actor
    publish(watcher_.compare_one(shmid, state_after(effect, *before, now)), EventSource::kBus, actor);
  }
  take_look(shmid, now);
}

void SegmentFeed::report_created(const SegmentStat& made, const Actor& actor) {
  look_at_former(made);
  publish(watcher_.compare_one(made.shm_shmid, state_after({}, made, look(made.shm_shmid))), EventSource::kBus, actor);
  look_at(made.shm_shmid);
}

void SegmentFeed::report_written(ShmId shmid, std::uint64_t offset, std::uint64_t length, Actor actor) {
  const SegmentStat* known = watcher_.known(shmid);
  if (known == nullptr) {
    look_at(shmid);
    known = watcher_.known(shmid);
  }
  publisher_.publish({.kind = EventKind::kWritten,
                      .shm_key = known != nullptr ? known->shm_key : kPrivateKey,
                      .shm_shmid = shmid,
                      .source = EventSource::kBus,
                      .actor = std::move(actor),
                      .offset = offset,
                      .length = length});
}

SegmentStat SegmentFeed::with_original_key(SegmentStat stat) const {
  if (stat.marked) {
    if (const SegmentStat* const known = watcher_.known(stat.shm_shmid)) {
      stat.shm_key = known->shm_key;
    }
  }
  return stat;
}

std::optional<SegmentStat> SegmentFeed::look(ShmId shmid) {
  const Result<SegmentStat> found = kernel_.stat_any(shmid);
  return found ? std::optional(*found) : std::nullopt;
}

std::optional<SegmentStat> SegmentFeed::look_and_drain(ShmId shmid) {
  const std::optional<SegmentStat> now = look(shmid);
  if (tracker_) {
    tracker_->drain();
  }
  return now;
}

std::optional<Key> SegmentFeed::key_if_new(ShmId shmid, const std::optional<SegmentStat>& now) const {
  return now && watcher_.known(shmid) == nullptr ? std::optional(now->shm_key) : std::nullopt;
}

void SegmentFeed::look_at_former(const SegmentStat& young) {
  if (const std::optional<ShmId> former = watcher_.id_of(young.shm_key); former && *former != young.shm_shmid) {
    publish(watcher_.compare_one(*former, look(*former)), EventSource::kKernel, {});
  }
}

std::unordered_set<ShmId> SegmentFeed::unsettled(const std::vector<SegmentStat>& listing) {
  std::unordered_set<ShmId> shmids;
  if (tracker_) {
    tracker_->drain();
    for (const auto& [shmid, candidates] : candidates_) {
      shmids.insert(shmid);
    }
    if (!tracker_->is_idle()) {
      for (const SegmentStat& found : listing) {
        if (tracker_->concerns(found.shm_shmid, key_if_new(found.shm_shmid, found))) {
          shmids.insert(found.shm_shmid);
        }
      }
    }
  }
  return shmids;
}

void SegmentFeed::replay_calls() {
  if (tracker_) {
    tracker_->drain();
    while (const std::optional<TrackedCall> call = tracker_->next()) {
      replay(*call);
    }
  }
}

void SegmentFeed::replay(const TrackedCall& call) {
  using Kind = TrackedCall::Kind;
  Candidates& candidates = candidates_[call.shmid];
  if (call.kind == Kind::kHint) {
    candidates.others.push_back(call.actor);
    return;
  }
  if (call.kind == Kind::kSet) {
    candidates.setters.push_back(call.actor);
    return;
  }
  const std::optional<SegmentStat> actual = look(call.shmid);
  if (call.kind == Kind::kCreated || call.kind == Kind::kMayHaveCreated) {
    replay_created(call, actual);
  } else if (const SegmentStat* const before = watcher_.known(call.shmid)) {
    Effect effect{.removed = call.kind == Kind::kRemoved};
    effect.attached = call.kind == Kind::kAttached ? 1 : call.kind == Kind::kDetached ? -1 : 0;
    publish(watcher_.compare_one(call.shmid, state_after(effect, *before, actual)), EventSource::kKernel, call.actor);
  }
}

void SegmentFeed::replay_created(const TrackedCall& call, const std::optional<SegmentStat>& actual) {
  const bool is_known = watcher_.known(call.shmid) != nullptr || watcher_.was_known(call.shmid);
  const bool may_be = actual ? actual->shm_cpid == call.made.shm_cpid : call.kind == TrackedCall::Kind::kCreated;
  if (is_known || !may_be) {  // the call only opened the segment, or was made in another namespace
    return;
  }
  SegmentStat made = call.made;
  if (actual) {
    made.uid = made.cuid = actual->cuid;
    made.gid = made.cgid = actual->cgid;
  }
  look_at_former(made);
  publish(watcher_.compare_one(call.shmid, state_after({}, made, actual)), EventSource::kKernel, call.actor);
}

void SegmentFeed::publish_attributed(ShmId shmid, const std::vector<SegmentChange>& changes) {
  const auto entry = candidates_.find(shmid);
  if (entry == candidates_.end()) {
    publish(changes, EventSource::kKernel, {});
    return;
  }
  Candidates& candidates = entry->second;
  if (candidates.setters.size() > 1) {  // the reading shows only the sum of their changes
    publish_missed({.from = shmid, .to = shmid, .at_least = candidates.setters.size() - 1});
  }
  for (const SegmentChange& change : changes) {
    const bool is_set = change.kind == EventKind::kSet && !candidates.setters.empty();
    const std::optional<Actor> actor = is_set ? candidates.setters.back() : attribute(change, candidates.others);
    publish(change, EventSource::kKernel, actor.value_or(Actor{}));
  }
  candidates.setters.clear();
  if (candidates.others.empty() || ++candidates.looks >= kMostLooksInVain) {
    candidates_.erase(entry);
  }
}

void SegmentFeed::publish(const std::vector<SegmentChange>& changes, EventSource source, const Actor& actor) {
  for (const SegmentChange& change : changes) {
    publish(change, source, actor);
  }
}

void SegmentFeed::publish(const SegmentChange& change, EventSource source, const Actor& actor) {
  publisher_.publish({.kind = change.kind,
                      .shm_key = change.stat.shm_key,
                      .shm_shmid = change.stat.shm_shmid,
                      .source = source,
                      .stat = change.stat,
                      .changed = change.changed,
                      .actor = actor});
}

void SegmentFeed::publish_missed(const UnseenIds& unseen) {
  publisher_.publish({.kind = EventKind::kMissed, .from = unseen.from, .to = unseen.to, .at_least = unseen.at_least});
}

}  // namespace shmbus::agent
