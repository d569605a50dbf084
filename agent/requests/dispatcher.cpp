#include "agent/requests/dispatcher.hpp"

#include <spdlog/spdlog.h>

#include <new>
#include <stdexcept>

#include "agent/base/memory_reserve.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/operations.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kMostPlainReplyBytes = 1024;  // of one operation whose result carries no data

// Returns the size that the outcome of `operation` can reach, so that room to remember it is found before it acts.
std::size_t most_reply_bytes(const Operation& operation) {
  const auto* const batch = std::get_if<BatchRequest>(&operation);
  return batch == nullptr ? kMostPlainReplyBytes
                          : limits::kMaxDataBytes + batch->requests.size() * kMostPlainReplyBytes;
}

// Returns the requests in a batch beyond the first, which Authenticator has counted.
std::size_t more_requests_in(const Operation& operation) {
  const auto* const batch = std::get_if<BatchRequest>(&operation);
  return batch == nullptr || batch->requests.empty() ? 0 : batch->requests.size() - 1;
}

// Has the kernel act as `identity` for the lifetime of the object.
class Acting {
 public:
  Acting(ShmKernel& kernel, const Identity* identity) : kernel_(kernel) { kernel_.act_as(identity); }
  Acting(const Acting&) = delete;
  Acting& operator=(const Acting&) = delete;
  ~Acting() { kernel_.act_as(nullptr); }

 private:
  ShmKernel& kernel_;
};

Error no_memory() { return {.code = ErrorCode::kNoMemory, .message = "the agent has no memory for this request"}; }

void log_outcome(const Operation& operation, const Caller& caller, std::string_view outcome) {
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} by {} pid {}: {}", spec_of(operation).name, caller.principal, caller.pid.value_or(0), outcome);
  }
}

}  // namespace

Dispatcher::Dispatcher(ShmKernel& kernel, SegmentFeed& feed, Attachments& attachments, EventPublisher& publisher,
                       Authorizer& authorizer, const AgentFacts& facts, const Limits& limits)
    : kernel_(kernel),
      feed_(feed),
      attachments_(attachments),
      publisher_(publisher),
      authorizer_(authorizer),
      facts_(facts),
      once_(limits) {}

ReplyBuffer* Dispatcher::handle(std::string_view frame, const Sender& sender, Clock::time_point now,
                                std::unique_ptr<StartedBatch>& batch) {
  const bool can_finish = MemoryReserve::is_there();
  DecodedRequest decoded = decode_request(frame);
  const auto& [caller, refusal, rate] = sender.admitted;
  if (refusal != nullptr) {
    refuse(decoded.id, sender, *refusal, now);
    return &reply_;
  }
  if (Error* const error = std::get_if<Error>(&decoded.request)) {
    spdlog::debug("rejected a request from {}: {}", caller.principal, error->message);
    reply_with(decoded.id, std::move(*error));
    return &reply_;
  }
  const Request& request = std::get<Request>(decoded.request);
  if (rate != nullptr && !rate->take_more(caller.principal, now, more_requests_in(request.operation))) {
    refuse(decoded.id, sender, rate->beyond(caller.principal), now);
    return &reply_;
  }
  try {
    if (!can_finish && spec_of(request.operation).changes) {
      throw std::bad_alloc();
    }
    reply_.reserve(most_reply_bytes(request.operation));
    if (std::holds_alternative<BatchRequest>(request.operation)) {
      batch = std::make_unique<StartedBatch>(StartedBatch{.decoded = std::move(decoded), .caller = caller});
      batch->result.replies.reserve(batch->batch().requests.size());
      if (!answer_without_acting(batch->request(), caller, now)) {
        return nullptr;
      }
      batch.reset();
    } else if (!answer_without_acting(request, caller, now)) {
      OperationContext context = context_for(caller, sender.endpoint, now);
      context.reply = &reply_;
      finish(request, caller, run(context, request.operation), now);
    }
  } catch (const std::bad_alloc&) {
    spdlog::error("no memory to carry out a request from {}", caller.principal);
    feed_.doubt();
    if (const Request& failed = batch ? batch->request() : request; failed.once) {
      once_.forget(caller.principal, *failed.once);
    }
    batch.reset();
    reply_with(decoded.id, no_memory());
  }
  return &reply_;
}

ReplyBuffer* Dispatcher::go_on(StartedBatch& batch, std::string_view endpoint, Clock::time_point now) {
  const BatchRequest& all = batch.batch();
  std::vector<Reply>& replies = batch.result.replies;
  bool is_over = replies.size() == all.requests.size();
  if (!is_over) {
    const BatchItem& item = all.requests[replies.size()];
    OperationContext context = context_for(batch.caller, endpoint, now);
    context.data_left = batch.data_left;
    context.looked = batch.looked;
    replies.push_back({.id = item.id, .outcome = run_item(context, item), .epoch = {}, .seq = {}});
    batch.data_left = context.data_left;
    batch.looked = context.looked;
    is_over = replies.size() == all.requests.size() || (all.stop_on_error && !replies.back().ok());
  }
  if (!is_over) {
    return nullptr;
  }
  log_outcome(batch.request().operation, batch.caller, "ok");
  finish(batch.request(), batch.caller, OperationResult(std::move(batch.result)), now);
  return &reply_;
}

void Dispatcher::refuse(const RequestId& id, const Sender& sender, const Error& refusal, Clock::time_point now) {
  spdlog::debug("denied a request from {}: {}", sender.admitted.caller.principal, refusal.message);
  authorizer_.record_refused(sender.admitted.caller, sender.endpoint, refusal, now);
  reply_with(id, refusal);
}

ReplyBuffer& Dispatcher::refuse(Error error) {
  reply_with({}, std::move(error));
  return reply_;
}

ReplyBuffer& Dispatcher::refuse(std::string_view frame, Error error) {
  reply_with(decode_request(frame).id, std::move(error));
  return reply_;
}

OperationContext Dispatcher::context_for(const Caller& caller, std::string_view endpoint, Clock::time_point now) {
  return {.kernel = kernel_,
          .feed = feed_,
          .attachments = attachments_,
          .publisher = publisher_,
          .facts = facts_,
          .caller = caller,
          .now = now,
          .endpoint = endpoint};
}

bool Dispatcher::answer_without_acting(const Request& request, const Caller& caller, Clock::time_point now) {
  if (std::optional<Error> changed = check_epoch(request)) {
    reply_with(request.id, *std::move(changed));
    return true;
  }
  if (!request.once) {
    return false;
  }
  const Result<const EncodedOutcome*> remembered = once_.begin(
      caller.principal, *request.once, encode_operation(request.operation), most_reply_bytes(request.operation), now);
  if (!remembered) {
    reply_with(request.id, remembered.error());
    return true;
  }
  if (*remembered == nullptr) {
    return false;
  }
  log_outcome(request.operation, caller, "repeated");
  const EventLog& journal = publisher_.journal();
  reply_.set(**remembered, request.id, true, journal.epoch(), journal.seq());
  return true;
}

void Dispatcher::finish(const Request& request, const Caller& caller, Outcome outcome, Clock::time_point now) {
  if (!request.once) {
    reply_with(request.id, std::move(outcome));
    return;
  }
  const EncodedOutcome& remembered = once_.remember(caller.principal, *request.once, outcome, now);
  const EventLog& journal = publisher_.journal();
  reply_.set(remembered, request.id, false, journal.epoch(), journal.seq());
}

Dispatcher::Outcome Dispatcher::run(OperationContext& context, const Operation& operation) {
  const bool looks = authorizer_.looks_at_targets();
  context.target = target_of(context, operation, looks ? Looks::kAtState : Looks::kAtNames);
  const Result<Authorizer::Grant> grant = authorizer_.grant(context.caller, operation, context.target);
  Outcome outcome = grant ? carry_out(context, operation, grant->identity) : Outcome(grant.error());
  if (looks) {
    authorizer_.record({.caller = context.caller,
                        .endpoint = context.endpoint,
                        .operation = operation,
                        .target = context.target,
                        .grant = grant,
                        .made = context.made,
                        .error = std::get_if<Error>(&outcome)},
                       context.now);
  }
  log_outcome(operation, context.caller, outcome.index() == 0 ? "ok" : name_of(std::get<Error>(outcome).code));
  return outcome;
}

Dispatcher::Outcome Dispatcher::carry_out(OperationContext& context, const Operation& operation,
                                          const Identity* identity) {
  context.identity = identity;
  const Acting acting(kernel_, identity);
  return std::visit(
      [&](const auto& request) -> Outcome {
        if constexpr (std::is_same_v<std::decay_t<decltype(request)>, BatchRequest>) {
          throw std::logic_error("a batch is carried out one by one");
        } else {
          auto result = execute(context, request);
          if (!result) {
            return std::move(result).error();
          }
          return Outcome(std::in_place_type<OperationResult>, std::move(*result));
        }
      },
      operation);
}

Dispatcher::Outcome Dispatcher::run_item(OperationContext& context, const BatchItem& item) {
  const Request* const request = std::get_if<Request>(&item.request);
  try {
    if (request == nullptr) {
      return std::get<Error>(item.request);
    }
    if (std::optional<Error> changed = check_epoch(*request)) {
      return *std::move(changed);
    }
    return run(context, request->operation);
  } catch (const std::bad_alloc&) {
    spdlog::error("no memory to carry out a request from {}", context.caller.principal);
    feed_.doubt();
    return no_memory();
  }
}

std::optional<Error> Dispatcher::check_epoch(const Request& request) const {
  const std::uint64_t epoch = publisher_.journal().epoch();
  if (!request.epoch || *request.epoch == epoch) {
    return std::nullopt;
  }
  return Error{.code = ErrorCode::kEpochChanged,
               .message = "epoch: the agent's epoch is " + std::to_string(epoch) + ", not the one in the request",
               .hint = "the agent was restarted; list the segments again"};
}

void Dispatcher::reply_with(const RequestId& id, Outcome outcome) {
  const EventLog& journal = publisher_.journal();
  reply_.set({.id = id, .outcome = std::move(outcome), .epoch = journal.epoch(), .seq = journal.seq()});
}

}  // namespace shmbus::agent
