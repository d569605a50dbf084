#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {

Result<SetResult> execute(OperationContext& context, const SetRequest& request) {
  const Result<ShmId> shmid = context.target.id();
  if (!shmid) {
    return shmid.error();
  }
  const Result<SegmentStat> before = look_before_change(context, *shmid, request.if_ctime, request.if_cpid);
  if (!before) {
    return before.error();
  }
  const PermissionChange change{.uid = request.uid, .gid = request.gid, .mode = request.mode};
  if (Result<void> set = context.kernel.set(*shmid, change); !set) {
    return std::move(set).error();
  }
  context.feed.report(*shmid, {.set = change}, actor_of(context.caller));
  const SegmentStat* const after = context.feed.watcher().known(*shmid);
  if (after == nullptr) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "shmid " + std::to_string(*shmid) + " was changed, then removed by another process"};
  }
  return SetResult{.before = before->permissions(), .after = after->permissions(), .shm_ctime = after->shm_ctime};
}

}  // namespace shmbus::agent
