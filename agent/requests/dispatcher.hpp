// The way of every request: decode, epoch, once, the operation, reply. One thread.
#pragma once

#include <string_view>

#include "agent/access/authenticator.hpp"
#include "agent/access/authorizer.hpp"
#include "agent/requests/once_cache.hpp"
#include "agent/requests/operations/operations.hpp"
#include "agent/requests/reply_buffer.hpp"

namespace shmbus::agent {

// Who sent a request, and where it came in.
struct Sender {
  Admitted admitted;
  std::string_view endpoint;
};

class Dispatcher {
 public:
  // Borrows all but the limits; what is borrowed must outlive it.
  Dispatcher(ShmKernel& kernel, SegmentFeed& feed, Attachments& attachments, EventPublisher& publisher,
             Authorizer& authorizer, const AgentFacts& facts, const Limits& limits);

  // The reply to `frame` of a caller, or of one who is refused; valid until the next call. Never throws for what a
  // client sent.
  [[nodiscard]] ReplyBuffer& handle(std::string_view frame, const Sender& sender, Clock::time_point now);

  // The reply to what can't be read or carried out at all, without an id; valid until the next call.
  [[nodiscard]] ReplyBuffer& refuse(Error error);

 private:
  using Outcome = std::variant<OperationResult, Error>;

  void refuse(const RequestId& id, const Sender& sender, const Error& refusal, Clock::time_point now);
  void handle_once(OperationContext& context, const Request& request);
  Outcome run(OperationContext& context, const Operation& operation);
  Outcome run_alone(OperationContext& context, const Operation& operation);
  Outcome carry_out(OperationContext& context, const Operation& operation, const Identity* identity);
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
  ReplyBuffer reply_;  // keeps its memory from one request to the next
};

}  // namespace shmbus::agent
