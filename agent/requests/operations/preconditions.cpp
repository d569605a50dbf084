#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {
namespace {

template <class Value>
Error precondition_failed(const char* field, Value asked, Value found) {
  return {.code = ErrorCode::kPreconditionFailed,
          .message =
              std::string(field) + ": expected " + std::to_string(asked) + ", the segment has " + std::to_string(found),
          .hint = "the segment has been changed or replaced; stat it again"};
}

}  // namespace

Result<SegmentStat> look_before_change(OperationContext& context, ShmId shmid, std::optional<std::int64_t> if_ctime,
                                       std::optional<std::int32_t> if_cpid) {
  context.feed.look_at(shmid);
  // A segment that is there but not known is one whose creation is still being traced.
  const SegmentStat* const known = context.feed.watcher().known(shmid);
  Result<SegmentStat> state = known != nullptr ? Result<SegmentStat>(*known) : context.kernel.stat_any(shmid);
  if (!state) {
    return state;
  }
  if (if_ctime && *if_ctime != state->shm_ctime) {
    return precondition_failed("if_ctime", *if_ctime, state->shm_ctime);
  }
  if (if_cpid && *if_cpid != state->shm_cpid) {
    return precondition_failed("if_cpid", *if_cpid, state->shm_cpid);
  }
  return state;
}

}  // namespace shmbus::agent
