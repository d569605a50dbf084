#include <unistd.h>

#include <algorithm>

#include "agent/requests/operations/operations.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/operations.hpp"

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kProtocolVersion = 1;

bool matches(const ListRequest& request, const SegmentStat& stat) {
  return (!request.shm_key || *request.shm_key == stat.shm_key) && (!request.uid || *request.uid == stat.uid);
}

// Tries the segment that had the key last. If IPC_STAT shows that it still has it, the system call that finds the id by
// its key is saved, 8 % of a stat.
std::optional<StatResult> stat_of_last(OperationContext& context, Key key) {
  const std::optional<ShmId> last = context.feed.watcher().id_of(key);
  const Result<SegmentStat> stat = last ? context.kernel.stat(*last) : Error{};
  const bool has_key = stat && stat->shm_key == key && !stat->marked;
  return has_key ? std::optional(StatResult{*stat}) : std::nullopt;
}

}  // namespace

Result<StatResult> execute(OperationContext& context, const StatRequest& /*request*/) {
  const bool is_found = context.target.shmid || context.target.error;
  if (!is_found) {
    if (std::optional<StatResult> last = stat_of_last(context, *context.target.key)) {
      return *last;
    }
  }
  const Result<ShmId> shmid = is_found ? context.target.id() : context.kernel.find(*context.target.key);
  if (!shmid) {
    return shmid.error();
  }
  const Result<SegmentStat> stat = context.kernel.stat(*shmid);
  if (!stat) {
    return stat.error();
  }
  return StatResult{context.feed.with_original_key(*stat)};
}

Result<ListResult> execute(OperationContext& context, const ListRequest& request) {
  if (!context.looked) {
    context.looked = context.feed.look_for_list(request.after, context.now);
  }
  ListResult result;
  std::size_t bytes = 0;
  const SegmentWatcher& watcher = context.feed.watcher();
  const std::vector<ShmId>& ids = watcher.ids();
  for (auto next = request.after ? std::upper_bound(ids.begin(), ids.end(), *request.after) : ids.begin();
       next != ids.end(); ++next) {
    const SegmentStat& stat = *watcher.known(*next);
    if (!matches(request, stat)) {
      continue;
    }
    if (result.segments.size() == request.limit || bytes + kMostStatBytes > limits::kMaxDataBytes) {
      result.more = true;
      break;
    }
    bytes += kMostStatBytes;
    if (bytes > context.data_left) {
      return Error{.code = ErrorCode::kTooLarge,
                   .message = "the list takes up to " + std::to_string(bytes) + " bytes; the batch has room for " +
                              std::to_string(context.data_left),
                   .hint = "send the list on its own, or with a smaller limit"};
    }
    result.segments.push_back(stat);
  }
  context.data_left -= bytes;
  return result;
}

Result<InfoResult> execute(OperationContext& context, const InfoRequest& /*request*/) {
  const KernelLimits kernel_limits = context.kernel.limits();
  const KernelUsage usage = context.kernel.usage();
  const EventLog& journal = context.publisher.journal();
  InfoResult info;
  info.version = SHMBUS_VERSION;
  info.protocol = kProtocolVersion;
  info.host = journal.host();
  info.pid = getpid();
  info.epoch = journal.epoch();
  info.seq = journal.seq();
  info.started = context.facts.started;
  info.limits = {kernel_limits.shmmax, kernel_limits.shmall, kernel_limits.shmmni, kernel_limits.page_size};
  info.usage = {usage.segments, usage.pages * kernel_limits.page_size, context.attachments.size()};
  info.max_data = limits::kMaxDataBytes;
  for (const OperationSpec& spec : operations()) {
    info.operations.emplace_back(spec.name);
  }
  info.endpoints = {context.facts.commands, context.facts.events};
  info.detection = context.facts.detection;
  info.warnings = warnings_of(context.kernel);
  return info;
}

std::vector<std::string> warnings_of(ShmKernel& kernel) {
  std::vector<std::string> warnings;
  if (!kernel.knows_last_detach()) {
    warnings.emplace_back("kernel.shm_rmid_forced cannot be read: if it is 1, a read can destroy a segment");
  } else if (kernel.last_detach_destroys()) {
    warnings.emplace_back(
        "kernel.shm_rmid_forced is 1: a segment is destroyed with its last attachment, so read, write and attach are "
        "denied on a segment that is not attached; to change this, run sysctl -w kernel.shm_rmid_forced=0");
  }
  return warnings;
}

Result<PingResult> execute(OperationContext& /*context*/, const PingRequest& /*request*/) { return PingResult{}; }

}  // namespace shmbus::agent
