#include "protocol/client/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace shmbus {
namespace {

constexpr std::size_t kMaxFrames = 3;  // one more than any message of the agent has, so that too many are noticed

std::chrono::milliseconds time_until(std::optional<Clock::time_point> deadline) {
  if (!deadline) {
    return std::chrono::milliseconds(-1);
  }
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()), std::chrono::milliseconds(0));
}

bool is_ipc(const std::string& address) { return address.starts_with("ipc://"); }

std::string_view peer_address(zmq::message_t& message) {
  try {
    return message.gets("Peer-Address");
  } catch (const zmq::error_t&) {  // a transport without addresses
    return "";
  }
}

}  // namespace

Result<std::unique_ptr<RefusalWatch>> connect_to(zmq::context_t& context, zmq::socket_t& socket,
                                                 const std::string& address, std::string_view what,
                                                 const std::optional<CurveClient>& curve) {
  std::unique_ptr<RefusalWatch> refusals;
  if (!is_ipc(address)) {
    if (Result<void> keyed = curve ? use_curve(socket, *curve) : Result<void>(); !keyed) {
      return std::move(keyed).error();
    }
    refusals = std::make_unique<RefusalWatch>(context, socket, curve.has_value());
  }
  try {
    socket.set(zmq::sockopt::ipv6, address.starts_with("tcp://["));
    socket.connect(address);
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kBadRequest,
                 "cannot connect to the " + std::string(what) + " endpoint '" + address + "': " + error.what(),
                 "an endpoint is written ipc://PATH or tcp://HOST:PORT"};
  }
  return refusals;
}

Woken wait_for_message(zmq::socket_t& socket, int interrupt_fd, std::optional<Clock::time_point> deadline,
                       RefusalWatch* refusals) {
  std::array<zmq::pollitem_t, 4> items{{{socket.handle(), 0, ZMQ_POLLIN, 0}}};
  std::size_t count = 1;
  const zmq::pollitem_t& interrupt = items[1];
  if (interrupt_fd >= 0) {
    items.at(count++) = {nullptr, interrupt_fd, ZMQ_POLLIN, 0};
  }
  if (refusals != nullptr) {
    items.at(count++) = {refusals->socket().handle(), 0, ZMQ_POLLIN, 0};
    items.at(count++) = {refusals->probe().handle(), 0, ZMQ_POLLIN, 0};
  }
  for (;;) {
    if (refusals != nullptr && refusals->refusal()) {
      return Woken::kRefused;
    }
    try {
      zmq::poll(items.data(), count, time_until(deadline));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) {
        throw;
      }
      continue;
    }
    if (interrupt_fd >= 0 && interrupt.revents != 0) {
      return Woken::kInterrupt;
    }
    if (items[0].revents != 0) {
      return Woken::kMessage;
    }
    if (deadline && Clock::now() >= *deadline) {
      return Woken::kDeadline;
    }
  }
}

std::string key_hint(const std::string& address, const std::optional<CurveClient>& curve) {
  if (is_ipc(address)) {
    return "";
  }
  return curve ? "; check that --curve-server is its public key"
               : "; if it asks for a key, --curve-key and --curve-server name the keys";
}

Result<std::optional<std::vector<zmq::message_t>>> receive_message(zmq::socket_t& socket, AgentCheck& agent) {
  std::optional<std::vector<zmq::message_t>> frames(std::in_place);
  Result<void> admitted;
  bool more = true;
  for (bool first = true; more; first = false) {
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
      return std::optional<std::vector<zmq::message_t>>();
    }
    if (first) {
      admitted = agent.admit(peer_address(frame));
    }
    more = frame.more();
    if (admitted && frames->size() < kMaxFrames) {
      frames->push_back(std::move(frame));
    }
  }
  if (!admitted) {
    return std::move(admitted).error();
  }
  return frames;
}

}  // namespace shmbus
