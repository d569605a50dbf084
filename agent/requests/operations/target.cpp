#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {
namespace {

// The segment must have `key`, if one is given.
Target target_by_id(const OperationContext& context, ShmId shmid, std::optional<Key> key) {
  const Result<SegmentStat> found = context.kernel.stat_any(shmid);
  if (!found) {
    return {.key = key, .shmid = shmid, .error = found.error()};
  }
  const SegmentStat stat = context.feed.with_original_key(*found);
  Target target{.key = stat.shm_key, .shmid = shmid, .stat = stat};
  if (key && *key != stat.shm_key) {
    target.error = Error{.code = ErrorCode::kKeyMismatch,
                         .message = "shmid " + std::to_string(shmid) + " has key " + std::to_string(stat.shm_key) +
                                    ", not " + std::to_string(*key)};
  }
  return target;
}

// Tries the segment that had the key last before it asks the kernel for the id.
Target target_by_key(const OperationContext& context, Key key, Looks looks) {
  if (const std::optional<ShmId> last = context.feed.watcher().id_of(key)) {
    const Result<SegmentStat> stat = context.kernel.stat_any(*last);
    if (stat && stat->shm_key == key && !stat->marked) {
      return {.key = key, .shmid = last, .stat = *stat};
    }
  }
  const Result<ShmId> found = context.kernel.find(key);
  if (!found) {
    return {.key = key, .error = found.error()};
  }
  return looks == Looks::kAtState ? target_by_id(context, *found, {}) : Target{.key = key, .shmid = *found};
}

Target target_of(const OperationContext& context, const SegmentRef& ref, Looks looks) {
  if (!ref.shm_shmid) {
    return ref.shm_key ? target_by_key(context, *ref.shm_key, looks) : Target{};
  }
  const bool is_known_enough = !ref.shm_key && looks == Looks::kAtNames;
  return is_known_enough ? Target{.shmid = ref.shm_shmid} : target_by_id(context, *ref.shm_shmid, ref.shm_key);
}

template <class Request>
Target target_of(const OperationContext& context, const Request& request, Looks looks) {
  if constexpr (std::is_same_v<Request, CreateRequest>) {
    if (looks == Looks::kAtState && request.shm_key != kPrivateKey) {
      return target_by_key(context, request.shm_key, looks);
    }
    return {.key = request.shm_key};
  } else if constexpr (requires { request.attachment; }) {
    if (!request.attachment) {
      return target_of(context, request.segment, looks);
    }
    const HeldAttachment* const held =
        looks == Looks::kAtState ? context.attachments.find(*request.attachment, context.caller.principal) : nullptr;
    return held != nullptr ? target_by_id(context, held->shmid, {}) : Target{};
  } else if constexpr (requires { request.segment; }) {
    if (std::is_same_v<Request, StatRequest> && looks == Looks::kAtNames && !request.segment.shm_shmid) {
      return {.key = request.segment.shm_key};  // the stat operation finds the id by itself
    }
    return target_of(context, request.segment, looks);
  }
  return {};
}

}  // namespace

Target target_of(const OperationContext& context, const Operation& operation, Looks looks) {
  return std::visit([&](const auto& request) { return target_of(context, request, looks); }, operation);
}

}  // namespace shmbus::agent
