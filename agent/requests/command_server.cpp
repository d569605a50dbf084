#include "agent/requests/command_server.hpp"

#include <new>
#include <string>
#include <utility>

namespace shmbus::agent {
namespace {

// How long replies wait for each other: sent together they cost libzmq's thread and the client fewer wake-ups, and with
// 100 requests in flight that doubles the rate.
constexpr std::chrono::microseconds kRound{50};
// How long those that wait are served before the socket is asked for others, which costs a system call.
constexpr std::chrono::milliseconds kLookPause{1};
constexpr std::size_t kMostInRound = 256;  // replies for which there is room before the first operation acts
constexpr std::size_t kMostQueued = 4096;  // requests; the next ones wait in the sockets

constexpr std::size_t kUsualFrames = 3;  // routing id, end of the envelope, request

// False if there is no memory for it.
bool append(std::vector<zmq::message_t>& frames, zmq::message_t frame) {
  try {
    frames.push_back(std::move(frame));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

Error no_memory() { return {.code = ErrorCode::kNoMemory, .message = "the agent has no memory for this"}; }

}  // namespace

CommandServer::CommandServer(zmq::context_t& context, Authenticator& authenticator, Dispatcher& dispatcher,
                             const Limits& limits)
    : context_(context), authenticator_(authenticator), dispatcher_(dispatcher), limits_(limits) {
  answered_.reserve(kMostInRound);
}

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
  Clock::time_point now = Clock::now();
  const Clock::time_point end_of_turn = now + limits_.turn;
  // One request alone is served before a system call looks for more.
  bool is_drained = receive(socket, 1);
  Clock::time_point look_again = now;
  while (has_work() && now < end_of_turn) {
    now = serve_round(now);
    if (queues_.size() == 0 || now >= look_again) {
      is_drained = receive(socket, kMostQueued - queues_.size());
      look_again = now + kLookPause;
    }
  }
  return !is_drained || has_work();
}

Clock::time_point CommandServer::serve_round(Clock::time_point now) {
  const Clock::time_point end = now + kRound;
  while (now < end) {
    std::optional<QueuedRequest> request = queues_.pop();
    if (!request) {
      break;
    }
    serve_one(*std::move(request), now);
    now = Clock::now();
  }
  for (QueuedRequest& answered : answered_) {
    for (zmq::message_t& frame : answered.frames) {
      const bool is_last = &frame == &answered.frames.back();
      sockets_[answered.socket].socket.send(
          frame, is_last ? zmq::send_flags::dontwait : zmq::send_flags::dontwait | zmq::send_flags::sndmore);
    }
  }
  answered_.clear();
  return now;
}

bool CommandServer::receive(std::size_t socket, std::size_t most) {
  for (std::size_t received = 0; received < most; ++received) {
    std::optional<QueuedRequest> request = receive_message(socket);
    if (!request) {
      return true;
    }
    if (request->parts > 0) {
      queue(*std::move(request));
    }
  }
  return false;
}

std::optional<QueuedRequest> CommandServer::receive_message(std::size_t socket) {
  const std::size_t most_envelope = kMaxEnvelopeParts + 1;  // with the routing id
  QueuedRequest message{.socket = socket, .frames = {}, .parts = 0};
  message.frames.reserve(kUsualFrames);
  std::size_t envelope = 0;
  bool envelope_ended = false;
  bool is_lost = false;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!sockets_[socket].socket.recv(frame, zmq::recv_flags::dontwait)) {
      return std::nullopt;  // libzmq hands over whole messages only, so this was the first frame
    }
    more = frame.more();
    if (envelope_ended) {
      ++message.parts;
    } else {
      envelope_ended = envelope > 0 && frame.empty();
      ++envelope;
    }
    if (envelope <= most_envelope && message.parts <= 1 && !is_lost) {
      is_lost = !append(message.frames, std::move(frame));
    }
  }
  const bool is_request = envelope <= most_envelope && message.parts > 0 && !is_lost;
  message.parts = is_request ? message.parts : 0;
  message.peer = is_request ? peer_of(message.request(), sockets_[socket].endpoint.transport) : std::string_view();
  return message;
}

void CommandServer::queue(QueuedRequest request) {
  const Transport transport = sockets_[request.socket].endpoint.transport;
  try {
    const std::string principal = authenticator_.principal_of(transport, request.peer);
    queues_.push(principal, std::move(request));
  } catch (const std::bad_alloc&) {
    answer(std::move(request), dispatcher_.refuse(no_memory()));
  }
}

void CommandServer::serve_one(QueuedRequest request, Clock::time_point now) {
  ++served_;
  const Endpoint& endpoint = sockets_[request.socket].endpoint;
  const Sender sender{.admitted = authenticator_.admit(endpoint.transport, request.peer, now),
                      .endpoint = endpoint.address};
  if (request.parts > 1 && sender.admitted.refusal == nullptr) {
    answer(std::move(request), dispatcher_.refuse({.code = ErrorCode::kBadRequest,
                                                   .message = "a request is one frame, this message had " +
                                                              std::to_string(request.parts)}));
  } else {
    ReplyBuffer& reply = dispatcher_.handle(request.request().to_string_view(), sender, now);
    answer(std::move(request), reply);
  }
}

void CommandServer::answer(QueuedRequest request, ReplyBuffer& reply) {
  request.request() = reply.message();
  answered_.push_back(std::move(request));
}

}  // namespace shmbus::agent
