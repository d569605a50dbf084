#include "agent/requests/operations/target.hpp"

namespace shmbus::agent {
namespace {

Target target_of(const OperationContext& context, ShmId shmid) {
  const Result<SegmentStat> stat = context.kernel.stat_any(shmid);
  if (!stat) {
    return {.key = {}, .shmid = shmid, .stat = {}};
  }
  const SegmentStat known = context.feed.with_original_key(*stat);
  return {.key = known.shm_key, .shmid = shmid, .stat = known};
}

// First the segment that had the key last: if the kernel says that it has it still, it is the one.
Target target_of_key(const OperationContext& context, Key key) {
  if (const std::optional<ShmId> last = context.feed.watcher().id_of(key)) {
    const Result<SegmentStat> stat = context.kernel.stat_any(*last);
    if (stat && stat->shm_key == key && !stat->marked) {
      return {.key = key, .shmid = last, .stat = *stat};
    }
  }
  const Result<ShmId> found = context.kernel.find(key);
  return found ? target_of(context, *found) : Target{.key = key, .shmid = {}, .stat = {}};
}

Target target_of(const OperationContext& context, const SegmentRef& ref) {
  if (ref.shm_shmid) {
    Target target = target_of(context, *ref.shm_shmid);
    target.key = target.key ? target.key : ref.shm_key;
    return target;
  }
  const bool has_key = ref.shm_key && *ref.shm_key != kPrivateKey;
  return has_key ? target_of_key(context, *ref.shm_key) : Target{.key = ref.shm_key, .shmid = {}, .stat = {}};
}

}  // namespace

Target target_of(const OperationContext& context, const Operation& operation) {
  return std::visit(
      [&](const auto& request) -> Target {
        using Request = std::decay_t<decltype(request)>;
        if constexpr (std::is_same_v<Request, CreateRequest>) {
          return target_of(context, SegmentRef{.shm_key = request.shm_key, .shm_shmid = {}});
        } else if constexpr (requires { request.segment; }) {
          if constexpr (requires { request.attachment; }) {
            const HeldAttachment* const held =
                request.attachment ? context.attachments.find(*request.attachment, context.caller.principal) : nullptr;
            if (held != nullptr) {
              return target_of(context, held->shmid);
            }
          }
          return target_of(context, request.segment);
        }
        return {};
      },
      operation);
}

std::optional<ShmId> pin(Operation& operation, const Target& target) {
  return std::visit(
      [&](auto& request) -> std::optional<ShmId> {
        if constexpr (requires { request.segment; }) {
          const bool by_key_alone = request.segment.shm_key && !request.segment.shm_shmid;
          if (by_key_alone && target.shmid) {
            request.segment.shm_shmid = target.shmid;
            return target.shmid;
          }
        }
        return std::nullopt;
      },
      operation);
}

}  // namespace shmbus::agent
