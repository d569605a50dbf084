#include "protocol/client/client.hpp"

#include <type_traits>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/endpoint/random.hpp"
#include "protocol/limits.hpp"
#include "protocol/operations.hpp"

namespace shmbus {
namespace {

constexpr int kTries = 3;

bool same_id(const RequestId& one, const RequestId& other) {
  return std::visit(
      [](const auto& a, const auto& b) {
        using A = std::decay_t<decltype(a)>;
        using B = std::decay_t<decltype(b)>;
        if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
          return std::cmp_equal(a, b);
        } else if constexpr (std::is_same_v<A, B>) {
          return a == b;
        } else {
          return false;
        }
      },
      one, other);
}

bool failed_with(const Reply& reply, ErrorCode code) {
  return !reply.ok() && std::get<Error>(reply.outcome).code == code;
}

// Decodes the id, epoch and success of any reply. A ping has no fields of its own, so those of the result are ignored.
Result<Reply> decode_envelope(std::string_view frame) { return decode_reply(frame, PingRequest{}); }

// Returns the error of a changing request that may have been carried out before `error`.
Error outcome_unknown(Error error, const std::string& once) {
  error.code = ErrorCode::kNoAnswer;
  error.message += "; whether the request was carried out is unknown";
  error.hint += "; if sent again within a minute with once " + once + " it is not carried out twice";
  return error;
}

std::string seconds_text(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s" : std::to_string(time.count()) + " ms";
}

}  // namespace

Client::Client(ClientOptions options)
    : options_(std::move(options)),
      socket_({zmq::socket_type::dealer, "commands", options_.commands.address, options_.curve, options_.agent_user,
               limits::kMaxReplyBytes}),
      next_id_(random_53_bits()) {}

Result<Client> Client::open(ClientOptions options) {
  Client client(std::move(options));
  if (Result<void> connected = client.renew(); !connected) {
    return std::move(connected).error();
  }
  return client;
}

Result<void> Client::renew() { return socket_.connect(); }

void Client::post(zmq::message_t frame) {
  zmq::socket_t& socket = socket_.socket();
  static_cast<void>(socket.send(zmq::message_t(), zmq::send_flags::sndmore | zmq::send_flags::dontwait) &&
                    socket.send(frame, zmq::send_flags::dontwait));
}

Result<Reply> Client::call(Request request, Clock::time_point deadline) {
  const bool changes = spec_of(request.operation).changes;
  const bool epoch_is_ours = changes && !request.epoch;
  if (std::holds_alternative<std::monostate>(request.id)) {
    request.id = next_id_++;
  }
  if (changes && !request.once) {
    request.once = random_uuid();
  }
  if (epoch_is_ours) {
    const Result<std::uint64_t> epoch = current_epoch(deadline);
    if (!epoch) {
      return epoch.error();
    }
    request.epoch = *epoch;
  }
  for (bool renewed = false;; renewed = true) {
    Result<std::string> frame = exchange_until(encode_request(request), request.id, true, deadline);
    if (!frame) {
      return changes && frame.error().code == ErrorCode::kNoAnswer ? outcome_unknown(frame.error(), *request.once)
                                                                   : std::move(frame).error();
    }
    Result<Reply> reply = decode_reply(*frame, request.operation);
    if (!reply || !changes) {
      return reply;
    }
    if (tries_ > 1 && failed_with(*reply, ErrorCode::kBusy) && !reply->repeated) {
      return outcome_unknown(std::get<Error>(reply->outcome), *request.once);  // of an earlier try
    }
    if (!failed_with(*reply, ErrorCode::kEpochChanged)) {
      return reply;
    }
    if (tries_ > 1) {
      return Error{ErrorCode::kNoAnswer,
                   "outcome unknown: the agent at " + endpoint().address +
                       " did not answer, and another agent has taken its place",
                   "check the segment with stat or list before sending it again"};
    }
    if (!epoch_is_ours || renewed) {
      return reply;
    }
    request.epoch = reply->epoch;  // the agent was restarted since the last call, and did not act
  }
}

Result<std::string> Client::exchange(const std::string& frame, const RequestId& id, bool resend_allowed) {
  return exchange_until(frame, id, resend_allowed, Clock::now() + options_.timeout);
}

Result<std::string> Client::exchange_until(const std::string& frame, const RequestId& id, bool resend_allowed,
                                           Clock::time_point deadline) {
  if (frame.size() > limits::kMaxMessageBytes) {
    return Error{ErrorCode::kTooLarge, "a request of " + std::to_string(frame.size()) + " bytes exceeds the limit of " +
                                           std::to_string(limits::kMaxMessageBytes) + " bytes"};
  }
  const Clock::time_point start = Clock::now();
  const int most_tries = resend_allowed ? kTries : 1;
  Result<bool> answered = false;
  for (tries_ = 0; tries_ < most_tries && answered.ok() && !*answered;) {
    ++tries_;
    post(zmq::message_t(frame));
    answered = wait_for_answer(id, tries_ == most_tries ? deadline : start + (deadline - start) * tries_ / kTries);
  }
  if (!answered.ok() || !*answered || tries_ > 1) {
    if (Result<void> renewed = renew(); !renewed) {  // a late reply must not answer the next request
      return std::move(renewed).error();
    }
  }
  if (!answered.ok()) {
    return answered.error();
  }
  if (!*answered) {
    return no_answer();
  }
  return last_reply_;
}

Result<std::optional<zmq::message_t>> Client::next_answer(Clock::time_point deadline) {
  for (;;) {
    Result<std::optional<AgentSocket::Frames>> message = socket_.receive(deadline, options_.interrupt_fd);
    if (!message) {
      Error error = std::move(message).error();
      error.message += error.code == ErrorCode::kInterrupted ? " before the reply arrived" : "";
      return error;
    }
    if (!*message) {
      return std::optional<zmq::message_t>();
    }
    if (auto& [delimiter, answer] = **message; delimiter.empty()) {
      return std::optional(std::move(answer));
    }
  }
}

// Returns true once the reply is in last_reply_, false at the deadline.
Result<bool> Client::wait_for_answer(const RequestId& id, Clock::time_point deadline) {
  for (;;) {
    Result<std::optional<zmq::message_t>> answer = next_answer(deadline);
    if (!answer) {
      return std::move(answer).error();
    }
    if (!*answer) {
      return false;
    }
    const Result<Reply> envelope = decode_envelope((*answer)->to_string_view());
    if (!envelope || (!std::holds_alternative<std::monostate>(id) && !same_id(id, envelope->id))) {
      continue;
    }
    epoch_ = envelope->epoch;
    last_reply_ = (*answer)->to_string();
    return true;
  }
}

Result<std::uint64_t> Client::current_epoch(Clock::time_point deadline) {
  if (!epoch_) {
    const Request ping{next_id_++, {}, {}, PingRequest{}};
    const Result<std::string> answer = exchange_until(encode_request(ping), ping.id, true, deadline);
    if (!answer) {
      return answer.error();
    }
  }
  if (!epoch_) {
    return Error{ErrorCode::kInternal, "the agent at " + endpoint().address + " replies without an epoch"};
  }
  return *epoch_;
}

Error Client::no_answer() const {
  return {
      ErrorCode::kNoAnswer,
      "no answer from the agent within " + seconds_text(options_.timeout) + " at " + describe(options_.commands),
      "check that shmbus-agent is running and that this user may connect to it; --commands or SHMBUS_COMMANDS names "
      "another endpoint; a longer timeout may help" +
          socket_.key_hint()};
}

}  // namespace shmbus
