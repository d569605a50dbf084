// Asks the agent and waits for its answer, again if need be.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <zmq.hpp>

#include "protocol/client/agent_socket.hpp"
#include "protocol/client/endpoints.hpp"
#include "protocol/client/security/curve.hpp"
#include "protocol/commands.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// `reply`, with the agent's errors among the errors.
[[nodiscard]] inline Result<Reply> only_ok(Result<Reply> reply) {
  return reply && !reply->ok() ? std::get<Error>(std::move(reply->outcome)) : std::move(reply);
}

struct ClientOptions {
  Endpoint commands;
  std::chrono::milliseconds timeout{3000};       // for all tries of one call together
  int interrupt_fd = -1;                         // readable: give up with kInterrupted. Not owned
  std::optional<CurveClient> curve = {};         // keys for an address that is not ipc
  std::optional<std::uint32_t> agent_user = {};  // a uid that the agent on ipc may have besides the client's and root's
};

// One connection to an agent's commands socket. Not thread-safe: one thread at a time. Never waits longer than the
// timeout; after a third of it without an answer, and after two, it sends the request again, unless that could act
// twice. A call that failed leaves the client as good as new. An answer on ipc counts only if it comes from this user,
// from root or from `agent_user`.
class Client {
 public:
  Client(Client&&) = default;
  Client& operator=(Client&&) = delete;  // ZeroMQ ends no context while a socket of it is open

  // Connects, which needs no agent yet. Errors: kBadRequest for an address that ZeroMQ does not take or keys that are
  // none.
  [[nodiscard]] static Result<Client> open(ClientOptions options);

  // Sends `request` and returns the reply, which may be an error of the agent's. Without an id it gets one; one that
  // changes something gets `once` and the agent's `epoch` too, so that it acts once however often it is sent.
  // Errors: kNoAnswer (which says so if it is unknown whether it was carried out), kInterrupted, kTooLarge;
  // kPermissionDenied if another user answers, whose answer is dropped, or if the agent refuses the connection.
  [[nodiscard]] Result<Reply> call(Request request) {
    return call(std::move(request), Clock::now() + options_.timeout);
  }

  // The same with a deadline, for several calls that are to take no longer than one timeout together.
  [[nodiscard]] Result<Reply> call(Request request, Clock::time_point deadline);

  // The same for the operation alone, and with the agent's errors among the errors.
  template <class R>
  [[nodiscard]] Result<typename R::Result> call(const R& operation) {
    Result<Reply> reply = only_ok(call(Request{{}, {}, {}, Operation(operation)}));
    if (!reply) {
      return std::move(reply).error();
    }
    return std::get<typename R::Result>(std::get<OperationResult>(std::move(reply->outcome)));
  }

  // Sends `frame` as it is and returns the frame that answers it: the next reply with this id, or the next of all if
  // `id` is empty. `resend_allowed`: sending it twice does no harm. Errors as above.
  [[nodiscard]] Result<std::string> exchange(const std::string& frame, const RequestId& id, bool resend_allowed);

  // The frame of the last reply, as the agent sent it.
  [[nodiscard]] const std::string& last_reply() const { return last_reply_; }

  [[nodiscard]] const Endpoint& endpoint() const { return options_.commands; }

  // For who keeps several requests in flight, see bulk.hpp; between calls. post() hands a request over without waiting;
  // it is dropped if the queue is full, so what is not answered is to be posted again. next_answer() is the next reply,
  // whatever it answers, or nothing at `deadline`; errors as of call(). renew() has nothing that was posted before it
  // be sent or answered any more.
  [[nodiscard]] std::uint64_t next_id() { return next_id_++; }
  void post(zmq::message_t frame);
  [[nodiscard]] Result<std::optional<zmq::message_t>> next_answer(Clock::time_point deadline);
  [[nodiscard]] Result<void> renew();
  [[nodiscard]] Error no_answer() const;

  // Timeout and interrupt may be changed between calls.
  [[nodiscard]] ClientOptions& options() { return options_; }

 private:
  explicit Client(ClientOptions options);

  Result<std::string> exchange_until(const std::string& frame, const RequestId& id, bool resend_allowed,
                                     Clock::time_point deadline);
  Result<bool> wait_for_answer(const RequestId& id, Clock::time_point deadline);
  Result<std::uint64_t> current_epoch(Clock::time_point deadline);

  ClientOptions options_;
  AgentSocket socket_;
  std::uint64_t next_id_;
  std::optional<std::uint64_t> epoch_;  // of the last reply
  int tries_ = 0;                       // of the last exchange
  std::string last_reply_;
};

}  // namespace shmbus
