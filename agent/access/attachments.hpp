// The attachments that the agent holds for its callers. Each has a lease that every use renews, so no client can pin
// a segment for ever. One thread; time comes from the caller.
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

// One attachment that is held. `key` is the segment's when it was attached.
struct HeldAttachment {
  AttachmentId id = 0;
  Caller holder;
  Key key = kPrivateKey;
  ShmId shmid = 0;
  Access access = Access::kReadWrite;
  std::chrono::milliseconds lease{};
  Clock::time_point deadline;  // of the lease
  Attachment mapping;
};

class Attachments {
 public:
  explicit Attachments(const Limits& limits);

  // Tells before anything is attached whether one more fits. Errors: kLimitReached with the limit and how to raise it.
  [[nodiscard]] Result<void> has_room(const std::string& principal) const;

  // How long it is held without use of what was asked for: no longer than the agent's longest.
  [[nodiscard]] std::chrono::milliseconds lease_for(std::uint64_t asked_ms) const;

  // Takes `held` over under a new random id, its lease running from `now`. Requires has_room().
  HeldAttachment& add(HeldAttachment held, Clock::time_point now);

  // The attachment `id`, its lease renewed. Errors: kNotFound, also for somebody else's.
  Result<HeldAttachment*> use(AttachmentId id, const std::string& principal, Clock::time_point now);

  // The attachment `id` if `principal` holds it, else null; its lease runs on.
  [[nodiscard]] const HeldAttachment* find(AttachmentId id, const std::string& principal) const;
  [[nodiscard]] std::size_t count_of(const std::string& principal) const;

  // Lets go: of one, of all that `principal` holds on a segment, of what expired, of all. The mappings detach when the
  // returned values are destroyed.
  std::optional<HeldAttachment> release(AttachmentId id);
  std::vector<HeldAttachment> release_segment(ShmId shmid, const std::string& principal);
  std::vector<HeldAttachment> release_expired(Clock::time_point now);
  std::vector<HeldAttachment> release_all();

  [[nodiscard]] std::size_t size() const { return held_.size(); }
  // When the next lease expires.
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

 private:
  const Limits limits_;
  std::unordered_map<AttachmentId, HeldAttachment> held_;
  std::set<std::pair<Clock::time_point, AttachmentId>> by_deadline_;
  std::unordered_map<std::string, std::size_t> count_by_principal_;
};

}  // namespace shmbus::agent
