#include "agent/requests/command_server.hpp"

#include <spdlog/spdlog.h>

#include <new>
#include <string>
#include <utility>

namespace shmbus::agent {
namespace {

// How long a reply waits for others. Replies sent together wake libzmq's thread and the client less often, which
// doubles the rate with 100 requests in flight.
constexpr std::chrono::microseconds kRound{50};
// How long queued requests are served before the socket is read again, which costs a system call.
constexpr std::chrono::milliseconds kReceivePause{1};
constexpr std::size_t kMostAtOnce = 256;  // messages received before requests are served

constexpr std::size_t kUsualFrames = 3;  // routing id, end of the envelope, request

// Adds an empty frame. Returns false if there is no memory for it.
bool append_to(std::vector<zmq::message_t>& frames) {
  try {
    frames.emplace_back();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

Error no_memory() { return {.code = ErrorCode::kNoMemory, .message = "the agent has no memory for this request"}; }

Error no_room(const std::string& principal) {
  return {.code = ErrorCode::kBusy,
          .message = principal + " has " + std::to_string(kMaxQueuedRequests) + " requests, or " +
                     std::to_string(kMaxQueuedBytes) + " bytes of them, that wait to be served",
          .hint = "wait for replies before sending more requests"};
}

}  // namespace

CommandServer::CommandServer(zmq::context_t& context, Authenticator& authenticator, Dispatcher& dispatcher,
                             const Limits& limits)
    : context_(context), authenticator_(authenticator), dispatcher_(dispatcher), limits_(limits) {}

Result<Binding> CommandServer::bind(Endpoint endpoint, const SocketAccess& access, UniqueFd passed) {
  zmq::socket_t socket(context_, zmq::socket_type::router);
  set_common_options(socket, limits_, limits::kMaxMessageBytes);
  socket.set(zmq::sockopt::rcvhwm, kRequestQueue);
  socket.set(zmq::sockopt::sndhwm, high_water_mark(kReplyQueue));
  Result<Binding> bound = agent::bind(socket, endpoint, access, std::move(passed));
  if (bound) {
    endpoint.address = bound->endpoint;
    sockets_.push_back({std::move(socket), std::move(endpoint)});
  }
  return bound;
}

bool CommandServer::serve(std::size_t socket) {
  const Clock::time_point end_of_turn = Clock::now() + limits_.turn;
  bool is_drained = receive(socket);
  Clock::time_point now = Clock::now();
  Clock::time_point receive_again = now + kReceivePause;
  while (has_work() && now < end_of_turn) {
    now = serve_round(now);
    if (queues_.size() == 0 || now >= receive_again) {
      is_drained = receive(socket);
      now = Clock::now();
      receive_again = now + kReceivePause;
    }
  }
  return !is_drained || has_work();
}

Clock::time_point CommandServer::serve_round(Clock::time_point now) {
  const Clock::time_point end = now + kRound;
  while (queues_.size() > 0 && now < end) {
    queues_.pop(round_);
    try {
      if (!serve_one(round_.back(), now)) {
        queues_.put_back(round_);
      }
    } catch (const std::bad_alloc&) {
      refuse_for_memory();
    }
    const Clock::time_point after = Clock::now();
    queues_.charge(after - now);
    now = after;
  }
  for (QueuedRequest& answered : round_) {
    for (zmq::message_t& frame : answered.frames) {
      const bool is_last = &frame == &answered.frames.back();
      sockets_[answered.socket].socket.send(
          frame, is_last ? zmq::send_flags::dontwait : zmq::send_flags::dontwait | zmq::send_flags::sndmore);
    }
  }
  spare_.splice(spare_.end(), round_);
  return now;
}

// Answers the last request of the round, which could not be served, or drops it if there is no memory even for that.
void CommandServer::refuse_for_memory() {
  QueuedRequest& request = round_.back();
  request.batch.reset();
  try {
    answer(request, dispatcher_.refuse(request.request().to_string_view(), no_memory()), queues_.served());
  } catch (const std::bad_alloc&) {
    spdlog::error("no memory to reply to {}", queues_.served());
    round_.pop_back();
  }
}

bool CommandServer::receive(std::size_t socket) {
  for (std::size_t received = 0; received < kMostAtOnce; ++received) {
    if (spare_.empty()) {
      spare_.emplace_back().frames.reserve(kUsualFrames);
    }
    if (!receive_message(socket, spare_.front())) {
      return true;
    }
    if (spare_.front().parts > 0) {
      queue_first_spare();
    }
  }
  return false;
}

bool CommandServer::receive_message(std::size_t socket, QueuedRequest& message) {
  const std::size_t most_envelope = kMaxEnvelopeParts + 1;  // with the routing id
  message.socket = socket;
  message.parts = 0;
  message.frames.clear();
  zmq::message_t unwanted;
  std::size_t envelope = 0;
  bool envelope_ended = false;
  bool is_lost = false;
  for (bool more = true; more;) {
    const bool is_wanted = envelope_ended ? message.parts == 0 : envelope < most_envelope;
    is_lost = is_lost || (is_wanted && !append_to(message.frames));
    zmq::message_t& frame = is_wanted && !is_lost ? message.frames.back() : unwanted;
    if (!sockets_[socket].socket.recv(frame, zmq::recv_flags::dontwait)) {
      return false;  // always the first frame: libzmq delivers whole messages only
    }
    more = frame.more();
    if (envelope_ended) {
      ++message.parts;
    } else {
      envelope_ended = envelope > 0 && frame.empty();
      ++envelope;
    }
  }
  if (envelope > most_envelope || is_lost) {
    message.parts = 0;
  }
  message.peer =
      message.parts > 0 ? peer_of(message.request(), sockets_[socket].endpoint.transport) : std::string_view();
  return true;
}

void CommandServer::queue_first_spare() {
  QueuedRequest& request = spare_.front();
  const std::string principal = authenticator_.principal_of(sockets_[request.socket].endpoint.transport, request.peer);
  try {
    if (!queues_.push(principal, spare_)) {
      refuse_first_spare(dispatcher_.refuse(request.request().to_string_view(), no_room(principal)), principal);
    }
  } catch (const std::bad_alloc&) {
    refuse_first_spare(dispatcher_.refuse(no_memory()), principal);
  }
}

void CommandServer::refuse_first_spare(ReplyBuffer& reply, const std::string& principal) {
  round_.splice(round_.end(), spare_, spare_.begin());
  answer(round_.back(), reply, principal);
}

bool CommandServer::serve_one(QueuedRequest& request, Clock::time_point now) {
  const bool is_started = request.batch != nullptr;
  const Clock::time_point end = is_started ? now + kRound : now + kBatchAlone;
  ReplyBuffer* reply = is_started ? nullptr : begin(request, now);
  while (reply == nullptr && now < end) {
    reply = dispatcher_.go_on(*request.batch, sockets_[request.socket].endpoint.address, now);
    now = Clock::now();
  }
  if (reply != nullptr) {
    ++served_;
    request.batch.reset();
    answer(request, *reply, queues_.served());
  }
  return reply != nullptr;
}

ReplyBuffer* CommandServer::begin(QueuedRequest& request, Clock::time_point now) {
  const Endpoint& endpoint = sockets_[request.socket].endpoint;
  const Sender sender{.admitted = authenticator_.admit(endpoint.transport, request.peer, now),
                      .endpoint = endpoint.address};
  if (request.parts > 1 && sender.admitted.refusal == nullptr) {
    return &dispatcher_.refuse(
        {.code = ErrorCode::kBadRequest,
         .message = "a request is one frame; this message has " + std::to_string(request.parts)});
  }
  return dispatcher_.handle(request.request().to_string_view(), sender, now, request.batch);
}

void CommandServer::answer(QueuedRequest& request, ReplyBuffer& reply, const std::string& principal) {
  const std::shared_ptr<UnreadBytes> unread = unread_.counter_of(principal);
  if (unread_.is_much(*unread)) {
    const ConnectionId connection = connection_at(zmq_msg_get(request.request().handle(), ZMQ_SRCFD));
    const std::vector<ConnectionId> beyond = unread_.sending(principal, connection);
    for (const ConnectionId& each : beyond) {
      ConnectionLimiter::instance().cut(each);
    }
    if (!beyond.empty()) {
      unread_log_.add_refusal(principal, "it does not read its replies", Clock::now());
    }
  }
  request.request() = reply.message(unread);
}

}  // namespace shmbus::agent
