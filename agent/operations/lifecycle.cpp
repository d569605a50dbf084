#include "agent/operations/operations.hpp"

namespace shmbus::agent {

Result<CreateResult> execute(OperationContext& context, const CreateRequest& request) {
  if (request.shm_key != kPrivateKey) {
    context.feed.look_at_key(request.shm_key);
  }
  Result<Opened> opened = context.kernel.create(request.shm_key, request.shm_segsz, request.mode, request.exclusive);
  if (!opened) {
    return std::move(opened).error();
  }
  if (opened->created) {
    context.feed.report(opened->shmid, {EventKind::kCreated}, actor_of(context.caller));
  } else {
    context.feed.look_at(opened->shmid);
  }
  const Result<SegmentStat> stat = context.kernel.look(opened->shmid);
  if (!stat) {
    return stat.error();
  }
  return CreateResult{.shm_key = request.shm_key,
                      .shm_shmid = opened->shmid,
                      .shm_segsz = stat->shm_segsz,
                      .mode = stat->mode,
                      .created = opened->created};
}

Result<RemoveResult> execute(OperationContext& context, const RemoveRequest& request) {
  const Result<ShmId> shmid = resolve(context, request.segment);
  if (!shmid) {
    return shmid.error();
  }
  const Result<SegmentStat> before = look_before_change(context, *shmid, request.if_ctime, request.if_cpid);
  if (!before) {
    return before.error();
  }
  if (Result<void> removed = context.kernel.remove(*shmid); !removed) {
    return std::move(removed).error();
  }
  context.feed.report(*shmid, {EventKind::kMarked, EventKind::kRemoved}, actor_of(context.caller));
  const SegmentStat* const after = context.feed.watcher().known(*shmid);
  return RemoveResult{.destroyed = after == nullptr, .shm_nattch = after == nullptr ? 0 : after->shm_nattch};
}

}  // namespace shmbus::agent
