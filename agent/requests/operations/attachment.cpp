#include <algorithm>
#include <span>
#include <tuple>

#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {
namespace {

// Detaches attachments of one segment and publishes a single event for them.
void detach_and_report(SegmentFeed& feed, std::span<HeldAttachment> held, const Actor& actor) {
  const ShmId shmid = held.front().shmid;
  feed.look_at(shmid);
  for (HeldAttachment& each : held) {
    each.mapping.detach();
  }
  feed.report(shmid, {.attached = -static_cast<std::int64_t>(held.size())}, actor);
}

}  // namespace

Result<AttachResult> execute(OperationContext& context, const AttachRequest& request) {
  const Result<ShmId> shmid = context.target.id();
  if (!shmid) {
    return shmid.error();
  }
  if (Result<void> room = context.attachments.has_room(context.caller.principal); !room) {
    return std::move(room).error();
  }
  const Result<SegmentStat> before = look_before_change(context, *shmid);
  if (!before) {
    return before.error();
  }
  const Access access = request.read_only ? Access::kReadOnly : Access::kReadWrite;
  Result<Attachment> mapping = context.kernel.attach(*shmid, access);
  if (!mapping) {
    return std::move(mapping).error();
  }
  const HeldAttachment& held = context.attachments.add({.id = 0,
                                                        .holder = context.caller,
                                                        .shmid = *shmid,
                                                        .access = access,
                                                        .lease = context.attachments.lease_for(request.lease_ms),
                                                        .deadline = {},
                                                        .mapping = std::move(*mapping)},
                                                       context.now);
  context.feed.report(*shmid, {.attached = 1}, actor_of(context.caller));
  return AttachResult{.attachment = held.id,
                      .shm_key = before->shm_key,
                      .shm_shmid = *shmid,
                      .shm_segsz = held.mapping.size(),
                      .read_only = request.read_only,
                      .lease_ms = static_cast<std::uint64_t>(held.lease.count())};
}

Result<DetachResult> execute(OperationContext& context, const DetachRequest& request) {
  std::vector<HeldAttachment> released;
  if (request.attachment) {
    const Result<HeldAttachment*> held =
        context.attachments.use(*request.attachment, context.caller.principal, context.now);
    if (!held) {
      return held.error();
    }
    released.push_back(std::move(*context.attachments.release(*request.attachment)));
  } else {
    const Result<ShmId> shmid = context.target.id();
    if (!shmid) {
      return shmid.error();
    }
    released = context.attachments.release_segment(*shmid, context.caller.principal);
    if (released.empty()) {
      return Error{.code = ErrorCode::kNotFound,
                   .message = context.caller.principal + " holds no attachment to shmid " + std::to_string(*shmid)};
    }
  }
  detach_and_report(context.feed, released, actor_of(context.caller));
  return DetachResult{.detached = released.size()};
}

void end_leases(SegmentFeed& feed, std::vector<HeldAttachment> released) {
  const auto place = [](const HeldAttachment& held) { return std::tie(held.shmid, held.holder.principal); };
  std::stable_sort(released.begin(), released.end(),
                   [&](const HeldAttachment& a, const HeldAttachment& b) { return place(a) < place(b); });
  for (auto first = released.begin(); first != released.end();) {
    const auto last =
        std::find_if(first, released.end(), [&](const HeldAttachment& held) { return place(held) != place(*first); });
    detach_and_report(feed, {first, last}, actor_of(first->holder));
    first = last;
  }
}

}  // namespace shmbus::agent
