#include <unistd.h>

#include <ctime>

#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {
namespace {

// Returns the state of a segment as `request` made it. Another process may remove it before it can be read.
SegmentStat as_it_was_made(const CreateRequest& request, ShmId shmid, const Identity* maker) {
  SegmentStat stat;
  stat.shm_key = request.shm_key;
  stat.shm_shmid = shmid;
  stat.shm_segsz = request.shm_segsz;
  stat.mode = request.mode;
  stat.uid = stat.cuid = maker == nullptr ? geteuid() : maker->uid;
  stat.gid = stat.cgid = maker == nullptr ? getegid() : maker->gid;
  stat.shm_ctime = std::time(nullptr);
  stat.shm_cpid = getpid();
  return stat;
}

}  // namespace

Result<CreateResult> execute(OperationContext& context, const CreateRequest& request) {
  if (request.shm_key != kPrivateKey) {
    context.feed.look_at_key(request.shm_key);
  }
  Result<Opened> opened = context.kernel.create(request.shm_key, request.shm_segsz, request.mode, request.exclusive);
  if (!opened) {
    return std::move(opened).error();
  }
  if (opened->created) {
    context.made = opened->shmid;
    context.feed.report_created(as_it_was_made(request, opened->shmid, context.identity), actor_of(context.caller));
  } else {
    context.feed.look_at(opened->shmid);
  }
  CreateResult result{.shm_key = request.shm_key,
                      .shm_shmid = opened->shmid,
                      .shm_segsz = opened->shm_segsz,
                      .mode = opened->mode,
                      .created = opened->created};
  if (opened->created && context.kernel.last_detach_destroys()) {
    result.warning =
        "kernel.shm_rmid_forced is 1: the segment is destroyed with its last attachment, or with the agent if it is "
        "not "
        "attached then";
  }
  return result;
}

Result<RemoveResult> execute(OperationContext& context, const RemoveRequest& request) {
  const Result<ShmId> shmid = context.target.id();
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
  context.feed.report(*shmid, {.removed = true}, actor_of(context.caller));
  const SegmentStat* const after = context.feed.watcher().known(*shmid);
  return RemoveResult{.destroyed = after == nullptr, .shm_nattch = after == nullptr ? 0 : after->shm_nattch};
}

}  // namespace shmbus::agent
