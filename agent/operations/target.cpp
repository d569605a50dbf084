#include "agent/operations/target.hpp"

namespace shmbus::agent {
namespace {

Target target_of(const OperationContext& context, const SegmentRef& ref) {
  Target target{.key = ref.shm_key, .shmid = ref.shm_shmid, .stat = {}};
  if (!target.shmid && ref.shm_key && *ref.shm_key != kPrivateKey) {
    if (const Result<ShmId> found = context.kernel.find(*ref.shm_key)) {
      target.shmid = *found;
    }
  }
  if (target.shmid) {
    if (const Result<SegmentStat> stat = context.kernel.look(*target.shmid)) {
      target.stat = context.feed.with_original_key(*stat);
      target.key = target.stat->shm_key;
    }
  }
  return target;
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
              return target_of(context, SegmentRef{.shm_key = {}, .shm_shmid = held->shmid});
            }
          }
          return target_of(context, request.segment);
        }
        return {};
      },
      operation);
}

void pin(Operation& operation, const Target& target) {
  std::visit(
      [&](auto& request) {
        if constexpr (requires { request.segment; }) {
          const bool by_key_alone = request.segment.shm_key && !request.segment.shm_shmid;
          if (by_key_alone && target.shmid) {
            request.segment.shm_shmid = target.shmid;
          }
        }
      },
      operation);
}

}  // namespace shmbus::agent
