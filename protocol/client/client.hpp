// A client of an agent's commands socket: sends a request, waits for the reply, and sends the request again if need be.
//
//   Client client = *Client::open({.commands = *find_endpoint(Channel::kCommands, "")});   // errors not handled here
//   const Result<StatResult> stat = client.call(StatRequest{{.shm_key = 5679}});
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

// Returns `reply`, but turns a reply that carries an error of the agent into that error.
[[nodiscard]] inline Result<Reply> only_ok(Result<Reply> reply) {
  return reply && !reply->ok() ? std::get<Error>(std::move(reply->outcome)) : std::move(reply);
}

struct ClientOptions {
  // The address of the agent, see find_endpoint().
  Endpoint commands;
  // For all tries of one call together.
  std::chrono::milliseconds timeout{3000};
  // A descriptor that stops a call with kInterrupted once it is readable; -1: none. Not owned and not read.
  int interrupt_fd = -1;
  // The CURVE keys for an address that is not ipc. Absent: no keys.
  std::optional<CurveClient> curve = {};
  // A uid that an agent on ipc may have besides the client's own and root's.
  std::optional<std::uint32_t> agent_user = {};
};

// One connection to an agent's commands socket.
//
// Threads: a client belongs to one thread at a time; several clients are independent of each other. It owns its ZeroMQ
// context and socket, and the destructor drops requests that were not sent.
//
// Time: a call returns within the timeout. After one third and two thirds of it without a reply the client sends the
// request again, unless the agent could then act twice.
//
// Errors are values. A call that failed leaves the client usable: a late reply to it is dropped. ZeroMQ's own failures,
// such as a lack of descriptors, are thrown as zmq::error_t.
//
// Trust: on ipc a reply counts only if it comes from this user, from root or from `agent_user`. With CURVE keys the
// agent proves its own key.
class Client {
 public:
  Client(Client&&) = default;
  Client& operator=(Client&&) = delete;  // a ZeroMQ context cannot end while a socket of it is open

  // Connects. The agent need not run yet. Errors: kBadRequest for an address that ZeroMQ does not accept or for invalid
  // keys, kUnsupported if libzmq is built without CURVE.
  [[nodiscard]] static Result<Client> open(ClientOptions options);

  // Sends `request` and returns the reply, which may carry an error of the agent. A request without an id gets one. A
  // request that changes something also gets `once` and `epoch` unless the caller set them, so that the agent acts once
  // however often the request is sent. The epoch is that of the last reply, or of a ping before the first; if the agent
  // was restarted since, the request is sent once more in the new epoch.
  //
  // Errors: kNoAnswer, whose message says if the outcome is unknown; kInterrupted; kTooLarge, and nothing was sent;
  // kPermissionDenied if the agent rejects the connection or if another user replies, whose reply is dropped; kInternal
  // for a reply that cannot be decoded.
  [[nodiscard]] Result<Reply> call(Request request) {
    return call(std::move(request), Clock::now() + options_.timeout);
  }

  // Takes a deadline in place of the timeout, for several calls that together must not take longer than one timeout.
  [[nodiscard]] Result<Reply> call(Request request, Clock::time_point deadline);

  // Takes the operation alone and returns its result. Errors: those above, and those of the agent.
  template <class R>
  [[nodiscard]] Result<typename R::Result> call(const R& operation) {
    Result<Reply> reply = only_ok(call(Request{{}, {}, {}, Operation(operation)}));
    if (!reply) {
      return std::move(reply).error();
    }
    return std::get<typename R::Result>(std::get<OperationResult>(std::move(reply->outcome)));
  }

  // Sends an encoded request as it is and returns the frame of the reply: the next one with this id, or the next one of
  // all if `id` is empty. Set `resend_allowed` only if it does no harm to send the request twice. Errors: those of
  // call(), but a kNoAnswer says nothing about the outcome.
  [[nodiscard]] Result<std::string> exchange(const std::string& frame, const RequestId& id, bool resend_allowed);

  // Returns the frame of the last reply, as the agent sent it. The next call changes it.
  [[nodiscard]] const std::string& last_reply() const { return last_reply_; }

  [[nodiscard]] const Endpoint& endpoint() const { return options_.commands; }

  // The parts of a call, for a caller with several requests in flight, such as bulk.hpp. Do not mix them with calls.

  // Returns an id that this client has given to no other request.
  [[nodiscard]] std::uint64_t next_id() { return next_id_++; }
  // Queues a request and does not wait. A full queue drops it, so a request without a reply has to be posted again.
  void post(zmq::message_t frame);
  // Returns the next reply, whichever request it answers, or nothing at `deadline`. Errors as of call().
  [[nodiscard]] Result<std::optional<zmq::message_t>> next_answer(Clock::time_point deadline);
  // Replaces the connection: posted requests and replies that have not arrived are dropped. Errors as of open().
  [[nodiscard]] Result<void> renew();
  // Returns the error for a reply that did not come in time: kNoAnswer, with advice.
  [[nodiscard]] Error no_answer() const;

  // Returns the options. Only changes of `timeout` and `interrupt_fd` have an effect; make them between calls.
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
  int tries_ = 0;                       // of the last exchange: how often its request was sent
  std::string last_reply_;
};

}  // namespace shmbus
