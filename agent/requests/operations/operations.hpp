// The operations: a typed request in, a typed result or an error out. Each family has a short file; the dispatcher
// picks by the request's type.
#pragma once

#include "agent/access/attachments.hpp"
#include "agent/access/target.hpp"
#include "agent/config/limits.hpp"
#include "agent/requests/reply_buffer.hpp"
#include "agent/watch/segment_feed.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

// What info tells and no operation changes.
struct AgentFacts {
  std::vector<std::string> commands;  // endpoints
  std::vector<std::string> events;
  std::int64_t started = 0;  // seconds since 1970
  InfoResult::Detection detection;
};

// What an operation works with. Borrowed for the time of one request; `caller` is who asks, `identity` with whose
// rights it is done (null: the agent's), `target` is the segment that the operation is about, `made` the one that
// create made. What a batch shares among its requests: `data_left` is how many bytes read, list and events may still
// put into the reply; `looked` says that all segments were looked at, so that the state as of the reply's seq is known.
struct OperationContext {
  ShmKernel& kernel;
  SegmentFeed& feed;
  Attachments& attachments;
  EventPublisher& publisher;
  const AgentFacts& facts;
  const Caller& caller;
  Clock::time_point now;
  std::string_view endpoint = {};  // where the request came in
  ReplyBuffer* reply = nullptr;    // where a read puts its bytes; null: into its result
  const Identity* identity = nullptr;
  Target target = {};
  std::optional<ShmId> made = {};
  std::size_t data_left = limits::kMaxDataBytes;
  bool looked = false;
};

// What is asked of the kernel about a target: where the request's own names are enough, or always its state.
enum class Looks : bool { kAtNames, kAtState };

// The segment that `operation` is about. Errors in it: kNotFound, kKeyMismatch.
[[nodiscard]] Target target_of(const OperationContext& context, const Operation& operation, Looks looks);

// lifecycle
Result<CreateResult> execute(OperationContext& context, const CreateRequest& request);
Result<RemoveResult> execute(OperationContext& context, const RemoveRequest& request);
// attachment
Result<AttachResult> execute(OperationContext& context, const AttachRequest& request);
Result<DetachResult> execute(OperationContext& context, const DetachRequest& request);
// inspect
Result<StatResult> execute(OperationContext& context, const StatRequest& request);
Result<ListResult> execute(OperationContext& context, const ListRequest& request);
Result<InfoResult> execute(OperationContext& context, const InfoRequest& request);
Result<PingResult> execute(OperationContext& context, const PingRequest& request);
// modify
Result<SetResult> execute(OperationContext& context, const SetRequest& request);
// data
Result<ReadResult> execute(OperationContext& context, const ReadRequest& request);
Result<WriteResult> execute(OperationContext& context, const WriteRequest& request);
// history
Result<EventsResult> execute(OperationContext& context, const EventsRequest& request);

// What an operator should mend on this host, each in a sentence; empty if there is nothing.
[[nodiscard]] std::vector<std::string> warnings_of(ShmKernel& kernel);

// Looks at a segment before it is changed: publishes what others did and checks `if_ctime` and `if_cpid`.
// Errors: kNotFound, kPreconditionFailed with both values.
[[nodiscard]] Result<SegmentStat> look_before_change(OperationContext& context, ShmId shmid,
                                                     std::optional<std::int64_t> if_ctime = {},
                                                     std::optional<std::int32_t> if_cpid = {});

// Detaches what is released without its holder's request, and publishes it: one event for each segment and holder.
void end_leases(SegmentFeed& feed, std::vector<HeldAttachment> released);

}  // namespace shmbus::agent
