#include "protocol/client/agent_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace shmbus {
namespace {

std::chrono::milliseconds time_until(std::optional<Clock::time_point> deadline) {
  if (!deadline) {
    return std::chrono::milliseconds(-1);
  }
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()), std::chrono::milliseconds(0));
}

std::string_view peer_address(zmq::message_t& message) {
  try {
    return message.gets("Peer-Address");
  } catch (const zmq::error_t&) {  // the transport has no addresses
    return "";
  }
}

}  // namespace

AgentSocket::AgentSocket(AgentSocketOptions options)
    : options_(std::move(options)), agent_(options_.address, options_.agent_user) {}

Result<void> AgentSocket::connect() {
  refusals_.reset();
  socket_ = zmq::socket_t(context_, options_.type);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvhwm, options_.max_queued_messages);
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options_.max_message_bytes));
  if (!is_ipc()) {
    if (Result<void> keyed = options_.curve ? use_curve(socket_, *options_.curve) : Result<void>(); !keyed) {
      return keyed;
    }
    refusals_ = std::make_unique<RefusalWatch>(context_, socket_, options_.curve.has_value());
  }
  try {
    socket_.set(zmq::sockopt::ipv6, options_.address.starts_with("tcp://["));
    socket_.connect(options_.address);
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kBadRequest,
                 "cannot connect to the " + std::string(options_.channel) + " endpoint '" + options_.address +
                     "': " + error.what(),
                 "an endpoint has the form ipc://PATH or tcp://HOST:PORT"};
  }
  return {};
}

Result<std::optional<AgentSocket::Frames>> AgentSocket::receive(std::optional<Clock::time_point> deadline,
                                                                int interrupt_fd) {
  std::vector<zmq::pollitem_t> items{{socket_.handle(), 0, ZMQ_POLLIN, 0}};
  if (interrupt_fd >= 0) {
    items.push_back({nullptr, interrupt_fd, ZMQ_POLLIN, 0});
  }
  if (refusals_) {
    items.push_back({refusals_->socket().handle(), 0, ZMQ_POLLIN, 0});
    items.push_back({refusals_->probe().handle(), 0, ZMQ_POLLIN, 0});
  }
  for (;;) {
    if (const auto refusal = refusals_ ? refusals_->refusal() : std::nullopt) {
      return error_of(*refusal, options_.address);
    }
    try {
      zmq::poll(items, time_until(deadline));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) {
        throw;
      }
      continue;
    }
    if (interrupt_fd >= 0 && items[1].revents != 0) {
      return Error{ErrorCode::kInterrupted, "interrupted"};
    }
    if (items[0].revents != 0) {
      Result<std::optional<Frames>> message = take_message();
      if (!message || *message) {
        return message;
      }
    } else if (deadline && Clock::now() >= *deadline) {
      return std::optional<Frames>();
    }
  }
}

// Returns nothing if no message is there after all, or one of another number of frames.
Result<std::optional<AgentSocket::Frames>> AgentSocket::take_message() {
  std::array<zmq::message_t, 2> frames;
  std::size_t count = 0;
  Result<void> admitted;
  for (bool more = true; more; ++count) {
    zmq::message_t frame;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) {
      return std::optional<Frames>();
    }
    if (count == 0) {
      admitted = agent_.admit(peer_address(frame));
    }
    more = frame.more();
    if (count < frames.size()) {
      frames.at(count) = std::move(frame);
    }
  }
  if (!admitted) {
    return std::move(admitted).error();
  }
  return count == frames.size() ? std::optional(Frames(std::move(frames[0]), std::move(frames[1]))) : std::nullopt;
}

std::string AgentSocket::key_hint() const {
  if (is_ipc()) {
    return "";
  }
  return options_.curve ? "; check that --curve-server is its public key"
                        : "; if it requires a key, give --curve-key and --curve-server";
}

}  // namespace shmbus
