// A dispatcher that turns the bytes of a request into those of its reply.
#pragma once

#include <string_view>

#include "agent/access/authenticator.hpp"
#include "agent/access/authorizer.hpp"
#include "agent/requests/once_cache.hpp"
#include "agent/requests/operations/operations.hpp"
#include "agent/requests/reply_buffer.hpp"

namespace shmbus::agent {

// The sender of a request. Valid for the time of that request, because both members borrow.
struct Sender {
  Admitted admitted;          // the caller, with the reason if it is rejected
  std::string_view endpoint;  // that received the request, as bound
};

// Every request takes the same steps, and the first step that fails decides the reply:
//  - decode it, which checks its form, types and ranges; a sender that was not admitted is rejected whatever it sent;
//  - charge a batch to the rate of its sender;
//  - compare its `epoch` with the agent's, if it names one;
//  - with `once`, repeat the outcome of the same request if it is remembered;
//  - find its segment, authorize the operation, carry it out with the rights granted, and record the outcome.
//
// A batch takes the last step, and the check of `epoch`, once for each of its items. No other request runs in between.
//
// A reply carries the request's `id`, as far as that could be read. Every reply carries the agent's epoch and the
// number of the last event, which for a change is at least that of the change's own event.
//
// One thread; nothing here waits for a client.
class Dispatcher {
 public:
  // Copies the limits and borrows the rest, which must outlive the dispatcher.
  Dispatcher(ShmKernel& kernel, SegmentFeed& feed, Attachments& attachments, EventPublisher& publisher,
             Authorizer& authorizer, const AgentFacts& facts, const Limits& limits);

  // Returns the reply to the request in `frame`, also if the sender is to be rejected; valid until the next call. Never
  // throws because of a client's request: one that there is no memory to carry out gets kNoMemory.
  [[nodiscard]] ReplyBuffer& handle(std::string_view frame, const Sender& sender, Clock::time_point now);

  // Returns a reply with `error` and no id, for a message that is not decoded at all; valid until the next call.
  [[nodiscard]] ReplyBuffer& refuse(Error error);

 private:
  using Outcome = std::variant<OperationResult, Error>;

  // Replies to a sender that was not admitted or exceeds its rate, and records that in the audit.
  void refuse(const RequestId& id, const Sender& sender, const Error& refusal, Clock::time_point now);
  void handle_once(OperationContext& context, const Request& request);
  Outcome run(OperationContext& context, const Operation& operation);
  // Runs one operation, if it is granted, with the rights that it is granted.
  Outcome run_alone(OperationContext& context, const Operation& operation);
  // Has the kernel act as `identity` (null: the agent) while the operation runs.
  Outcome carry_out(OperationContext& context, const Operation& operation, const Identity* identity);
  // Runs one item of a batch.
  Outcome run_one(OperationContext& context, const Request& request);
  BatchResult run_batch(OperationContext& context, const BatchRequest& batch);
  std::optional<Error> check_epoch(const Request& request) const;
  void reply_with(const RequestId& id, Outcome outcome);

  ShmKernel& kernel_;
  SegmentFeed& feed_;
  Attachments& attachments_;
  EventPublisher& publisher_;
  Authorizer& authorizer_;
  const AgentFacts& facts_;
  OnceCache once_;
  ReplyBuffer reply_;  // reused, with its memory, for each request
};

}  // namespace shmbus::agent
