#include <algorithm>

#include "agent/operations/operations.hpp"

namespace shmbus::agent {

Result<AttachResult> execute(OperationContext& context, const AttachRequest& request) {
  const Result<ShmId> shmid = resolve(context, request.segment);
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
  Result<std::unique_ptr<Attachment>> mapping = context.kernel.attach(*shmid, access);
  if (!mapping) {
    return std::move(mapping).error();
  }
  const HeldAttachment& held = context.attachments.add({.id = 0,
                                                        .holder = context.caller,
                                                        .key = before->shm_key,
                                                        .shmid = *shmid,
                                                        .access = access,
                                                        .lease = std::chrono::milliseconds(request.lease_ms),
                                                        .deadline = {},
                                                        .mapping = std::move(*mapping)},
                                                       context.now);
  context.feed.report(*shmid, {EventKind::kAttached}, actor_of(context.caller));
  return AttachResult{.attachment = held.id,
                      .shm_key = before->shm_key,
                      .shm_shmid = *shmid,
                      .shm_segsz = held.mapping->size(),
                      .read_only = request.read_only,
                      .lease_ms = request.lease_ms};
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
    const Result<ShmId> shmid = resolve(context, request.segment);
    if (!shmid) {
      return shmid.error();
    }
    released = context.attachments.release_segment(*shmid, context.caller.principal);
    if (released.empty()) {
      return Error{.code = ErrorCode::kNotFound,
                   .message = context.caller.principal + " holds no attachment to shmid " + std::to_string(*shmid)};
    }
  }
  const std::uint64_t count = released.size();
  detach_and_report(context.feed, std::move(released));
  return DetachResult{.detached = count};
}

void detach_and_report(SegmentFeed& feed, std::vector<HeldAttachment> released) {
  const auto same_event = [](const HeldAttachment& a, const HeldAttachment& b) {
    return a.shmid == b.shmid && a.holder.principal == b.holder.principal;
  };
  std::stable_sort(released.begin(), released.end(), [](const HeldAttachment& a, const HeldAttachment& b) {
    return std::tie(a.shmid, a.holder.principal) < std::tie(b.shmid, b.holder.principal);
  });
  for (auto first = released.begin(); first != released.end();) {
    const auto last =
        std::find_if(first, released.end(), [&](const HeldAttachment& h) { return !same_event(*first, h); });
    feed.look_at(first->shmid);
    std::for_each(first, last, [](HeldAttachment& held) { held.mapping.reset(); });
    feed.report(first->shmid, {EventKind::kDetached, EventKind::kRemoved}, actor_of(first->holder));
    first = last;
  }
}

}  // namespace shmbus::agent
