// A dispatcher that turns the bytes of a request into those of its reply.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "agent/access/authenticator.hpp"
#include "agent/access/authorizer.hpp"
#include "agent/requests/once_cache.hpp"
#include "agent/requests/operations/operations.hpp"
#include "agent/requests/reply_buffer.hpp"
#include "agent/requests/started_batch.hpp"

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
// A batch takes the last step, and the check of `epoch`, once for each of its items. handle() only starts it; each call
// of go_on() runs one item, so the caller decides whether other requests run in between.
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

  // Returns the reply to the request in `frame`, also if the sender is to be rejected; valid until the next call. If
  // the request is a batch that is to be carried out, returns null and sets `batch`, which borrows from `frame`. Never
  // throws because of a client's request: one that there is no memory to carry out gets kNoMemory.
  [[nodiscard]] ReplyBuffer* handle(std::string_view frame, const Sender& sender, Clock::time_point now,
                                    std::unique_ptr<StartedBatch>& batch);

  // Runs the next item of a batch that came in at `endpoint`. Returns the reply to the batch after its last item, else
  // null. An item that there is no memory to carry out gets kNoMemory as its reply.
  [[nodiscard]] ReplyBuffer* go_on(StartedBatch& batch, std::string_view endpoint, Clock::time_point now);

  // Returns a reply with `error` and no id, for a message that is not decoded at all; valid until the next call.
  [[nodiscard]] ReplyBuffer& refuse(Error error);

  // Returns a reply with `error` and the id of the request in `frame`; valid until the next call.
  [[nodiscard]] ReplyBuffer& refuse(std::string_view frame, Error error);

 private:
  using Outcome = std::variant<OperationResult, Error>;

  // Replies to a sender that was not admitted or exceeds its rate, and records that in the audit.
  void refuse(const RequestId& id, const Sender& sender, const Error& refusal, Clock::time_point now);
  [[nodiscard]] OperationContext context_for(const Caller& caller, std::string_view endpoint, Clock::time_point now);
  // Replies to a request that must not act: its epoch is another, or its `once` was used before. Returns false, with
  // memory to remember the outcome, if the request is to be carried out.
  bool answer_without_acting(const Request& request, const Caller& caller, Clock::time_point now);
  // Runs one operation, if it is granted, with the rights that it is granted.
  Outcome run(OperationContext& context, const Operation& operation);
  // Has the kernel act as `identity` (null: the agent) while the operation runs.
  Outcome carry_out(OperationContext& context, const Operation& operation, const Identity* identity);
  Outcome run_item(OperationContext& context, const BatchItem& item);
  // Replies to a request that was carried out, and remembers the outcome for its `once`.
  void finish(const Request& request, const Caller& caller, Outcome outcome, Clock::time_point now);
  [[nodiscard]] std::optional<Error> check_epoch(const Request& request) const;
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
