#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {
namespace {

template <class Value>
Error precondition_failed(const char* field, Value asked, Value found) {
  return {.code = ErrorCode::kPreconditionFailed,
          .message = std::string(field) + ": " + std::to_string(asked) + " was asked for, the segment has " +
                     std::to_string(found),
          .hint = "it was changed or replaced since; look at it again"};
}

}  // namespace

Result<SegmentStat> look_before_change(OperationContext& context, ShmId shmid, std::optional<std::int64_t> if_ctime,
                                       std::optional<std::int32_t> if_cpid) {
  context.feed.look_at(shmid);
  const SegmentStat* const known = context.feed.watcher().known(shmid);
  if (known == nullptr) {
    return context.kernel.stat_any(shmid);  // for the kernel's own error
  }
  if (if_ctime && *if_ctime != known->shm_ctime) {
    return precondition_failed("if_ctime", *if_ctime, known->shm_ctime);
  }
  if (if_cpid && *if_cpid != known->shm_cpid) {
    return precondition_failed("if_cpid", *if_cpid, known->shm_cpid);
  }
  return *known;
}

}  // namespace shmbus::agent
