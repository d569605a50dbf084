// A table of the attachments that the agent holds for its callers.
//
// Each attachment has a lease. Every use renews it, and it expires after a time without use, so no client can pin a
// segment for ever. Nothing else ends the hold of a client that died: ZeroMQ hides reconnects, so an attachment is not
// tied to a connection.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/access/caller.hpp"
#include "agent/base/clock.hpp"
#include "agent/config/limits.hpp"
#include "agent/kernel/shm_kernel.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

// One attachment. Its `mapping` detaches the segment when the value is destroyed.
struct HeldAttachment {
  AttachmentId id = 0;
  Caller holder;
  ShmId shmid = 0;
  Access access = Access::kReadWrite;
  std::chrono::milliseconds lease{};  // time without use until it expires
  Clock::time_point deadline;         // when that is
  Attachment mapping;
};

// Owns the attachments and counts them for each principal. An id is random and cannot be guessed; to another principal
// it looks like one that does not exist. Single-threaded; the caller passes the time.
class Attachments {
 public:
  explicit Attachments(const Limits& limits);

  // Checks that `principal` may hold one more. Call it before attaching, so that nothing has to be undone. Errors:
  // kLimitReached with the limit and the option that raises it.
  [[nodiscard]] Result<void> has_room(const std::string& principal) const;

  // Returns the lease that a request for `asked_ms` milliseconds gets: the agent's longest lease at most.
  [[nodiscard]] std::chrono::milliseconds lease_for(std::uint64_t asked_ms) const;

  // Takes over `held` under a new random id, and starts its lease at `now`. Requires has_room(). The reference is valid
  // until the attachment is released.
  HeldAttachment& add(HeldAttachment held, Clock::time_point now);

  // Returns the attachment `id` and renews its lease. The pointer is valid until the attachment is released. Errors:
  // kNotFound, also if the lease has expired or another principal holds it.
  Result<HeldAttachment*> use(AttachmentId id, const std::string& principal, Clock::time_point now);

  // Returns the attachment `id` without renewing its lease; null unless `principal` holds it.
  [[nodiscard]] const HeldAttachment* find(AttachmentId id, const std::string& principal) const;

  // Returns the number of attachments that `principal` holds.
  [[nodiscard]] std::size_t count_of(const std::string& principal) const;

  // Release attachments: one, all of `principal` on a segment, all that have expired by `now`, or all. The segments are
  // detached when the returned values are destroyed, so the caller decides when that happens.
  std::optional<HeldAttachment> release(AttachmentId id);
  std::vector<HeldAttachment> release_segment(ShmId shmid, const std::string& principal);
  std::vector<HeldAttachment> release_expired(Clock::time_point now);
  std::vector<HeldAttachment> release_all();

  [[nodiscard]] std::size_t size() const { return held_.size(); }

  // Returns when the next lease expires; nothing if no attachment is held.
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

 private:
  const Limits limits_;
  std::unordered_map<AttachmentId, HeldAttachment> held_;
  std::set<std::pair<Clock::time_point, AttachmentId>> by_deadline_;
  std::unordered_map<std::string, std::size_t> count_by_principal_;
};

}  // namespace shmbus::agent
