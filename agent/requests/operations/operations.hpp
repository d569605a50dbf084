// The operations of the bus: each takes a typed request and returns a typed result or an error.
#pragma once

#include "agent/access/attachments.hpp"
#include "agent/access/target.hpp"
#include "agent/config/limits.hpp"
#include "agent/requests/reply_buffer.hpp"
#include "agent/watch/segment_feed.hpp"
#include "protocol/commands.hpp"

namespace shmbus::agent {

// The facts that `info` reports and that do not change while the agent runs.
struct AgentFacts {
  std::vector<std::string> commands;  // endpoints
  std::vector<std::string> events;
  std::int64_t started = 0;  // seconds since 1970
  InfoResult::Detection detection;
};

// The surroundings of an operation: the parts of the agent that it uses, and the state of the request. Lives as long as
// one request and borrows everything that it refers to. The items of a batch share one context, so its bounds hold for
// the whole batch; `identity`, `target` and `made` are set anew for each operation.
struct OperationContext {
  ShmKernel& kernel;
  SegmentFeed& feed;
  Attachments& attachments;
  EventPublisher& publisher;
  const AgentFacts& facts;
  const Caller& caller;  // that sent the request
  Clock::time_point now;
  std::string_view endpoint = {};                 // that received the request
  ReplyBuffer* reply = nullptr;                   // takes the data of a read; null: they go into the result
  const Identity* identity = nullptr;             // whose rights the operation has; null: the agent's
  Target target = {};                             // the segment that the operation is about
  std::optional<ShmId> made = {};                 // the segment that create made
  std::size_t data_left = limits::kMaxDataBytes;  // bytes that read, list and events may still put into the reply
  bool looked = false;  // all segments were scanned for a list of this request, so the next list needs no scan
};

// How much about a target is read from the kernel. kAtNames: no more than it takes to find the segment's id and to
// check it against the key. kAtState: the segment's state as well, which a policy or an audit needs.
enum class Looks : bool { kAtNames, kAtState };

// Returns the segment that `operation` is about; an empty target if it is about none. An attachment is resolved with
// kAtState only. Changes and publishes nothing. An error is part of the target, so that it takes effect only after the
// operation was authorized: kNotFound, or kKeyMismatch if the request's key and id belong to two segments.
[[nodiscard]] Target target_of(const OperationContext& context, const Operation& operation, Looks looks);

// Each operation runs after it was authorized, while the kernel acts as `context.identity`. One that may change a
// segment first publishes the changes of others, then acts, then publishes its own change, before its reply is sent. A
// write through an attachment skips the first step, because it changes nothing that reading the segment's state shows.
//
// Errors are those of the ShmKernel call and of the request's own checks, both as PROTOCOL.md describes them. Each
// group below has a source file of its name.

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

// Returns warnings about this host that an operator should act on, a sentence each; empty if there are none.
[[nodiscard]] std::vector<std::string> warnings_of(ShmKernel& kernel);

// Reads a segment before it is changed, publishes the changes of others, and compares it with `if_ctime` (seconds since
// 1970) and `if_cpid` if they are given. Returns the state read. Errors: kNotFound; kPreconditionFailed, with both
// values in the message. Another process can still change the segment between this check and the change.
[[nodiscard]] Result<SegmentStat> look_before_change(OperationContext& context, ShmId shmid,
                                                     std::optional<std::int64_t> if_ctime = {},
                                                     std::optional<std::int32_t> if_cpid = {});

// Detaches attachments that end without a request of their holders (an expired lease, the end of the agent). Publishes
// one event for each segment and holder, with the holder as its actor.
void end_leases(SegmentFeed& feed, std::vector<HeldAttachment> released);

}  // namespace shmbus::agent
